"""Python stacks of a running process, by py-spy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.profiling.stacks import Stack

#: Samples a second.
CPU_RATE = 100
LOCK_RATE = 40

_THREAD = re.compile(r"thread \((\d+)\)")
_LINE = re.compile(r":\d+\)$")


def record_cpu(pid: int, seconds: int, file: Path) -> list[Stack]:
    """Sample the threads that are at work, in Python or in Java.

    The process is not stopped for a sample, since that would take longer than the sample with
    the many threads of a Java process; some samples are torn and left out instead.

    Args:
        pid: The process: Python, or Java with an interpreter in it.
        seconds: How long.
        file: Gets the stacks as py-spy writes them, for a flame graph.
    """
    return _record(pid, seconds, file, "--rate", str(CPU_RATE), "--nonblocking")


def record_lock(pid: int, seconds: int, file: Path) -> list[Stack]:
    """Sample the thread that holds the interpreter's lock; the process stops for each sample.

    Args:
        pid: The process.
        seconds: How long.
        file: Gets the stacks as py-spy writes them, for a flame graph.
    """
    return _record(pid, seconds, file, "--rate", str(LOCK_RATE), "--gil")


def parse(text: str) -> list[Stack]:
    """Read what py-spy calls its raw format: frames between semicolons, then a count."""
    stacks: list[Stack] = []
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        thread, *inner = frames.split(";")
        found = _THREAD.match(thread)
        shown = tuple(_LINE.sub(")", frame) for frame in inner)
        stacks.append(Stack(int(found.group(1)) if found else 0, shown, int(count)))
    return stacks


def _record(pid: int, seconds: int, file: Path, *how: str) -> list[Stack]:
    command = [str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(pid), *how]
    command += ["--duration", str(seconds), "--threads", "--format", "raw", "--output", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=seconds + 120)
    return parse(file.read_text())

"""Runs one job in a process of its own, with a fresh Java process: runs do not warm each other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.marks import read_lines, steady
from benchmarks.process_tree import ProcessTree, Sample, cpu_between

ROOT = Path(__file__).resolve().parents[1]


class JobFailedError(RuntimeError):
    """A job of a benchmark ended with an error."""


@dataclass(frozen=True)
class JobRun:
    """A job that has ended.

    Attributes:
        started: When its process was started, in seconds since the epoch.
        seconds: From start to end of its process.
        result: What it printed, if it printed JSON.
        lines: What its functions wrote, by the name of the file.
        samples: CPU and memory of its processes.
    """

    started: float
    seconds: float
    result: dict[str, Any]
    lines: dict[str, list[list[float]]]
    samples: list[Sample]

    def rate(self, warm_up: float = 0.2) -> float:
        """Calls per second after the warm-up, by the file ``marks``."""
        count, begin, end = steady(self.lines["marks"], warm_up)
        return count / (end - begin)

    def cpu_per_call(self, warm_up: float = 0.2) -> float:
        """Seconds of CPU of all its processes per call after the warm-up."""
        count, begin, end = steady(self.lines["marks"], warm_up)
        return cpu_between(self.samples, begin, end) / count

    def start_up(self) -> float:
        """Seconds from the start of the process to the first call."""
        return self.lines["marks"][0][1] - self.started


def run_job(
    name: str,
    arguments: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = 300.0,
) -> JobRun:
    """Run a job of :mod:`benchmarks.jobs`.

    Args:
        name: ``module.function``.
        arguments: JSON values. The job gets one more, ``folder``, to write files to.
        environment: Further environment variables.
        timeout: Seconds after which it is killed.

    Raises:
        JobFailedError: If it fails or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        files = Path(folder, "files")
        files.mkdir()
        log = Path(folder, "log")
        variables = {**os.environ, **(environment or {}), "TMPDIR": folder}
        command = [sys.executable, "-m", "benchmarks.jobs", name]
        command.append(json.dumps({**arguments, "folder": str(files)}))
        started = time.time()
        with log.open("w") as stderr:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=variables,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            tree = ProcessTree(process.pid)
            try:
                out, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                out = ""
            finally:
                seconds = time.time() - started
                samples = tree.stop()
                # The Java process ends with its parent, only later.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode != 0:
            tail = log.read_text()[-4000:]
            raise JobFailedError(f"The job {name} {dict(arguments)} failed:\n{tail}")
        last = out.strip().rpartition("\n")[2]
        result = json.loads(last) if last.startswith("{") else {}
        lines = {file.name: read_lines(file) for file in files.iterdir() if file.is_file()}
        return JobRun(started, seconds, result, lines, samples)

"""Java stacks of a running process, and the exceptions it makes, by Flight Recorder."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.profiling.stacks import Stack
from flink_agents.bridge.java_home import java_home

EXCEPTION_SECONDS = 2.0


@dataclass(frozen=True)
class JavaSamples:
    """What was seen.

    Attributes:
        stacks: Of threads that run Java code. Threads in native code, Python among it, are not
            in it.
        exceptions: How many exceptions were made, by class and the method that made them.
    """

    stacks: list[Stack]
    exceptions: Counter[str]


def record(pid: int, seconds: float, file: Path) -> JavaSamples:
    """Record for some seconds.

    Args:
        pid: The Java process.
        seconds: How long.
        file: Gets the recording, for JDK Mission Control.
    """
    often = "jdk.ExecutionSample#period=1ms"
    _tool("jcmd", str(pid), "JFR.start", "name=stacks", "settings=profile", often)
    time.sleep(seconds)
    _tool("jcmd", str(pid), "JFR.dump", "name=stacks", f"filename={file}")
    _tool("jcmd", str(pid), "JFR.stop", "name=stacks")
    # Apart, since to note each exception costs something.
    exceptions = file.with_suffix(".exceptions.jfr")
    start = ("name=exceptions", "settings=profile", "jdk.JavaExceptionThrow#enabled=true")
    _tool("jcmd", str(pid), "JFR.start", *start, "jdk.JavaExceptionThrow#stackTrace=true")
    time.sleep(EXCEPTION_SECONDS)
    _tool("jcmd", str(pid), "JFR.dump", "name=exceptions", f"filename={exceptions}")
    _tool("jcmd", str(pid), "JFR.stop", "name=exceptions")
    stacks = [
        Stack(event["sampledThread"]["osThreadId"], _frames(event), 1)
        for event in _events(file, "jdk.ExecutionSample", depth=64)
    ]
    thrown = Counter(
        f"{event['thrownClass']['name'].replace('/', '.')} in {_thrown_by(_frames(event))}"
        for event in _events(exceptions, "jdk.JavaExceptionThrow", depth=8)
    )
    exceptions.unlink()
    return JavaSamples(stacks, thrown)


def _events(file: Path, kind: str, depth: int) -> Iterator[dict[str, Any]]:
    arguments = ("print", "--json", "--stack-depth", str(depth), "--events", kind, str(file))
    for event in json.loads(_tool("jfr", *arguments))["recording"]["events"]:
        yield event["values"]


def _frames(event: dict[str, Any]) -> tuple[str, ...]:
    trace = event["stackTrace"] or {"frames": []}
    methods = [frame["method"] for frame in reversed(trace["frames"])]
    return tuple(f"{it['type']['name'].replace('/', '.')}.{it['name']}" for it in methods)


def _thrown_by(frames: tuple[str, ...]) -> str:
    outside = [frame for frame in frames if not frame.endswith(".<init>")]
    return outside[-1] if outside else "native code"


def _tool(name: str, *arguments: str) -> str:
    command = [str(Path(java_home(), "bin", name)), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout

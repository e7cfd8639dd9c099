"""An agent in Java without a model, on Flink."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyflink

import flink_agents
from benchmarks.agents import KEYS
from benchmarks.comparison import Comparison, Figure, Run, share_of_baseline
from benchmarks.job import ROOT, JobFailedError
from flink_agents.bridge.java_home import java_home

RECORDS = 8_000_000
WARM_UP = 0.25
TIMEOUT = 300.0
"""Seconds after which a run is killed."""

_PROGRAM = "AgentThroughput"


def comparisons(scale: float) -> Iterator[Comparison]:
    """Without and with a count in memory."""
    for title, records, counts in (
        ("no state", RECORDS, False),
        ("a count in memory", RECORDS // 8, True),
    ):
        records = max(2 * KEYS, int(records * scale))
        yield Comparison(
            f"Java agent, {title}",
            (
                Figure("rate", "records/s", 0, () if counts else (share_of_baseline(0.5),)),
                Figure("cpu", "CPU per record, µs", 2),
            ),
            _run("agent", records, counts),
            _run("bare", records, counts),
        )


def _run(side: str, records: int, counts: bool) -> Run:
    def run() -> dict[str, float]:
        command = [str(Path(java_home(), "bin", "java")), "-Xmx1g"]
        # As Flink starts its own processes.
        command += [f"--add-opens=java.base/java.{it}=ALL-UNNAMED" for it in ("util", "lang")]
        command += ["-cp", os.pathsep.join([_compiled().name, *_jars()]), _PROGRAM]
        command += [side, str(records), str(int(records * WARM_UP)), str(KEYS)]
        rate, cpu = _output([*command, str(counts).lower()]).split()[-2:]
        return {"rate": float(rate), "cpu": float(cpu)}

    return run


@functools.cache
def _compiled() -> tempfile.TemporaryDirectory[str]:
    """The folder of the program's classes; removed when this process ends."""
    compiler = Path(java_home(), "bin", "javac")
    if not compiler.exists():
        raise JobFailedError(f"There is no {compiler}: set JAVA_HOME to a JDK, not a JRE.")
    classes = tempfile.TemporaryDirectory(prefix="benchmark-classes-")
    source = ROOT / "benchmarks" / "java" / f"{_PROGRAM}.java"
    _output([str(compiler), "-cp", os.pathsep.join(_jars()), "-d", classes.name, str(source)])
    return classes


def _jars() -> list[str]:
    """The library's jar, then Flink's."""
    folders = (Path(flink_agents.__file__).parent, Path(pyflink.__file__).parent)
    return [str(jar) for folder in folders for jar in sorted((folder / "lib").glob("*.jar"))]


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise JobFailedError(f"{command[0]} failed:\n{(done.stderr or done.stdout)[-4000:]}")
    return done.stdout

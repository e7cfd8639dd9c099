"""Samples of the processes of a cluster, from outside."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from flink_agents.bridge.java_home import java_home
from tests.cluster.flink_process import FlinkProcess
from tests.soak import python_memory
from tests.soak.memory import FEW, Growth, growth

_MB = 2**20


@dataclass(frozen=True)
class Sample:
    """A process, with all that it has started, at one moment.

    Attributes:
        at: Seconds since 1970.
        figures: By name, see :data:`FIGURES`; those that could not be had are not there.
    """

    at: float
    figures: dict[str, float]


#: What is sampled: name and unit.
FIGURES = {
    "resident memory": "MiB",
    "Java heap after GC": "MiB",
    "Java methods": "MiB",
    "Java metaspace": "MiB",
    "threads": "",
    "open files": "",
    "Python objects": "blocks",
    "Python modules": "",
    "Python threads": "",
}
COUNTED = frozenset({"threads", "open files", "Python threads"})
#: What comes and goes with the job.
COMES_AND_GOES = COUNTED | {"Java heap after GC"}
JOB_MANAGER, UNHARMED = "JobManager", "TaskManager that is never killed"
#: Its C code takes a reference to each list of overloaded methods too many (`pyjobject.c`).
_PEMJA = (
    "PyFlink's bridge to Java, pemja 0.5.7, keeps the overloaded methods of all Java classes that "
    "a Python operator has touched, in Java and in Python, for each start of each operator"
)
#: What is only told, by process and figure, and why.
ONLY_TOLD = {
    (JOB_MANAGER, "Java heap after GC"): "Flink's histories of checkpoints and failures fill up",
    (UNHARMED, "Java methods"): _PEMJA,
    (UNHARMED, "Python objects"): _PEMJA,
}


@dataclass
class ProcessSeries:
    """The samples of a process.

    Attributes:
        name: What it is called in reports.
        process: The JVM.
        samples: By time.
    """

    name: str
    process: FlinkProcess
    samples: list[Sample] = field(default_factory=list)

    def points(self, figure: str) -> list[tuple[float, float]]:
        """Time and value of one figure."""
        return [(s.at, s.figures[figure]) for s in self.samples if figure in s.figures]

    def growth(self, figure: str) -> Growth | None:
        """How a figure went, if it was looked at for long enough."""
        slack = FEW if figure in COUNTED else 0.0
        return growth(self.points(figure), figure in COMES_AND_GOES, slack)

    def latest(self, figure: str) -> float | None:
        """The last value of a figure."""
        points = self.points(figure)
        return points[-1][1] if points else None


class Sampler:
    """Samples processes that come and go.

    Args:
        python_folder: Where Pythons write down what they have; see
            :mod:`tests.soak.python_memory`.
    """

    def __init__(self, python_folder: Path) -> None:
        self.series: list[ProcessSeries] = []
        self._python_folder = python_folder
        self._jcmd = _find_jcmd()

    def add(self, name: str, process: FlinkProcess) -> None:
        """Sample a process from now on, for as long as it runs."""
        self.series.append(ProcessSeries(name, process))

    def sample(self) -> None:
        """Sample each process that runs."""
        for series in list(self.series):
            # It may just have been started, or be killed meanwhile; then it has no id.
            with contextlib.suppress(psutil.Error, OSError, subprocess.SubprocessError, ValueError):
                if series.process.is_running():
                    figures = self._figures(series.process.pid)
                    series.samples.append(Sample(time.time(), figures))

    @property
    def running(self) -> list[ProcessSeries]:
        """Those that run and have been sampled."""
        return [s for s in self.series if s.process.is_running() and s.samples]

    def _figures(self, pid: int) -> dict[str, float]:
        heap = self._java_memory(pid)
        jvm = psutil.Process(pid)
        tree = [jvm, *jvm.children(recursive=True)]
        figures = {
            "resident memory": sum(process.memory_info().rss for process in tree) / _MB,
            "threads": float(sum(process.num_threads() for process in tree)),
            "open files": float(sum(process.num_fds() for process in tree)),
            **heap,
        }
        pythons = [python_memory.read(self._python_folder, process.pid) for process in tree]
        if found := [python for python in pythons if python is not None]:
            figures["Python objects"] = float(sum(python.blocks for python in found))
            figures["Python modules"] = float(sum(python.modules for python in found))
            figures["Python threads"] = float(sum(python.threads for python in found))
        return figures

    def _java_memory(self, pid: int) -> dict[str, float]:
        """What is left on the heap after a full collection, and the metaspace."""
        if self._jcmd is None:
            return {}
        # The histogram begins with a full collection.
        told = [
            subprocess.run(
                [self._jcmd, str(pid), command],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
            for command in ("GC.class_histogram", "GC.heap_info")
        ]
        return {**read_histogram(told[0]), **read_metaspace(told[1])}


def read_histogram(text: str) -> dict[str, float]:
    """What ``jcmd PID GC.class_histogram`` says, in MiB: methods, and all else."""
    total = re.search(r"^Total +\d+ +(\d+)$", text, re.MULTILINE)
    if total is None:
        return {}
    found = re.search(r" (\d+) +java\.lang\.reflect\.Method\b", text)
    methods = int(found[1]) if found else 0
    return {
        "Java heap after GC": (int(total[1]) - methods) / _MB,
        "Java methods": methods / _MB,
    }


def read_metaspace(text: str) -> dict[str, float]:
    """What ``jcmd PID GC.heap_info`` says of the metaspace, in MiB."""
    found = re.search(r"Metaspace\s+used (\d+)K", text)
    return {"Java metaspace": int(found[1]) / 1024} if found else {}


def _find_jcmd() -> str | None:
    """The program that asks a JVM; a Java runtime without development tools has none."""
    own = Path(java_home(), "bin", "jcmd")
    return str(own) if own.exists() else shutil.which("jcmd")


__all__ = [
    "COMES_AND_GOES",
    "COUNTED",
    "FIGURES",
    "JOB_MANAGER",
    "ONLY_TOLD",
    "UNHARMED",
    "ProcessSeries",
    "Sample",
    "Sampler",
    "read_histogram",
    "read_metaspace",
]

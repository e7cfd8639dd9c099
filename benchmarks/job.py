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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.marks import read_lines, steady, steady_together
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

    @property
    def marks(self) -> list[list[list[float]]]:
        """Lines of the files whose names begin with ``marks``: one for each subtask, or for all."""
        return [lines for name, lines in sorted(self.lines.items()) if name.startswith("marks")]

    def rate(self, warm_up: float = 0.2) -> float:
        """Calls per second after the warm-up, by the marks."""
        count, begin, end = self._steady(warm_up)
        return count / (end - begin)

    def cpu_per_call(self, warm_up: float = 0.2) -> float:
        """Seconds of CPU of all its processes per call after the warm-up."""
        count, begin, end = self._steady(warm_up)
        return cpu_between(self.samples, begin, end) / count

    def start_up(self) -> float:
        """Seconds from the start of the process to the first call."""
        return min(marks[0][1] for marks in self.marks) - self.started

    def _steady(self, warm_up: float) -> tuple[float, float, float]:
        one, *others = self.marks
        return steady_together([one, *others], warm_up) if others else steady(one, warm_up)


class JobProcess:
    """A job of :mod:`benchmarks.jobs` in a process of its own. Use it as a context.

    Args:
        name: ``module.function``.
        arguments: JSON values. The job gets one more, ``folder``, to write files to.
        environment: Further environment variables.
    """

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.what = f"{name} {dict(arguments)}"
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True)
        self.files = Path(self._folder.name, "files")
        self.files.mkdir()
        self._log = Path(self._folder.name, "log")
        command = [sys.executable, "-m", "benchmarks.jobs", name]
        command.append(json.dumps({**arguments, "folder": str(self.files)}))
        self.started = time.time()
        with self._log.open("w") as stderr:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {}), "TMPDIR": self._folder.name},
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def session(self) -> int:
        """Id of the session that all of its processes are in."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether its first process has not ended."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> dict[str, Any]:
        """Wait for the end; gives what it printed, if that was JSON.

        Raises:
            JobFailedError: If it fails or takes longer than ``timeout`` seconds.
        """
        try:
            out, _ = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise JobFailedError(
                f"The job {self.what} took longer than {timeout:g} s:\n{self.log_tail()}"
            ) from None
        if self._process.returncode != 0:
            raise JobFailedError(f"The job {self.what} failed:\n{self.log_tail()}")
        last = out.strip().rpartition("\n")[2]
        return json.loads(last) if last.startswith("{") else {}

    def log_tail(self) -> str:
        """The end of what it wrote to stderr."""
        return self._log.read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """End all of its processes."""
        # The Java process ends with its parent, only later.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> JobProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()


def run_job(
    name: str,
    arguments: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = 900.0,
    sessions: Sequence[int] = (),
) -> JobRun:
    """Run a job of :mod:`benchmarks.jobs` to its end.

    Args:
        name: ``module.function``.
        arguments: JSON values. The job gets one more, ``folder``, to write files to.
        environment: Further environment variables.
        timeout: Seconds after which it is killed.
        sessions: Of further processes whose CPU and memory count: those of a cluster.

    Raises:
        JobFailedError: If it fails or takes too long.
    """
    with JobProcess(name, arguments, environment) as job:
        tree = ProcessTree(job.session, *sessions)
        try:
            result = job.wait(timeout)
        finally:
            seconds = time.time() - job.started
            samples = tree.stop()
            job.kill()
        lines = {file.name: read_lines(file) for file in job.files.iterdir() if file.is_file()}
        return JobRun(job.started, seconds, result, lines, samples)

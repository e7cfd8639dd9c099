"""The job of the soak on its cluster: submitted, struck, and seen to go on."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pyflink

from tests.chaos.faults import struck
from tests.chaos.ledger import FAILED, Ledger
from tests.chaos.observer import History
from tests.cluster.flink_rest import FlinkRest
from tests.cluster.standalone_cluster import StandaloneCluster, standalone_cluster
from tests.soak.sampler import JOB_MANAGER, UNHARMED, Sampler
from tests.soak.settings import AGENTS, DESK, SoakSettings

_ROOT = Path(__file__).parents[2]
_FLINK_PYTHON = sorted(Path(pyflink.__path__[0], "opt").glob("flink-python-*.jar"))
#: Seconds that the job has to go on after a strike, or to end.
_PATIENCE = 300.0
#: Seconds from when the job is told its end until that is due.
_NOTICE = 5.0
#: Parallelism of the job: so it needs both TaskManagers.
_PARALLELISM = 2


def _options(mode: str) -> Mapping[str, Any]:
    return {
        "python.execution-mode": mode,
        # The library of thread mode is loaded once for all jobs.
        "classloader.parent-first-patterns.additional": "pemja",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 1_000_000,
        "restart-strategy.fixed-delay.delay": "500 ms",
        "taskmanager.memory.process.size": "1600m",
        "taskmanager.memory.network.min": "64m",
        "taskmanager.memory.network.max": "64m",
        # Elements that wait between operators hold up checkpoints while the job catches up.
        "taskmanager.memory.segment-size": "4kb",
        # What is asked for is to be as it is now.
        "web.refresh-interval": 200,
        "web.checkpoints.history": 100,
        "web.exception-history-size": 100,
        # Else memory would seem to grow as long as there are parts of the heap never used before.
        "env.java.opts.jobmanager": "-XX:+AlwaysPreTouch",
        "env.java.opts.taskmanager": "-XX:+AlwaysPreTouch",
    }


@dataclass(frozen=True)
class Recovery:
    """How the job went on after a strike.

    Attributes:
        kind: What had struck.
        seconds: From the strike until actions went on.
    """

    kind: str
    seconds: float


@dataclass(frozen=True)
class CheckpointCounts:
    """Checkpoints of the jobs of a soak so far.

    Attributes:
        completed: How many were completed.
        failed: How many failed or were given up with their attempt.
        size: Bytes of state in the latest.
        longest: Seconds that the longest of the recent ones took.
    """

    completed: int = 0
    failed: int = 0
    size: int = 0
    longest: float = 0.0


class SoakedJob:
    """The job, and what is done to it.

    Args:
        cluster: As made by :func:`soak_cluster`. Its TaskManager is never killed.
        settings: Of the job.
        history: Which checkpoints it goes back to.
        sampler: Is told of processes that come.
    """

    def __init__(
        self,
        cluster: StandaloneCluster,
        settings: SoakSettings,
        history: History,
        sampler: Sampler,
    ) -> None:
        self.settings = settings
        self.history = history
        self.recoveries: list[Recovery] = []
        self._cluster = cluster
        self._sampler = sampler
        self._rest = FlinkRest(cluster.rest_url)
        self._job = ""
        self._earlier = CheckpointCounts()
        self._failures: dict[int, str] = {}
        assert cluster.job_manager is not None
        sampler.add(JOB_MANAGER, cluster.job_manager)
        sampler.add(UNHARMED, cluster.task_managers[0])
        self.add_task_manager()
        cluster.wait_for_task_managers(2)

    def start(self, begins_in: float) -> None:
        """Submit the job, and wait until it has something to go back to.

        Args:
            begins_in: Seconds until its first element is due.
        """
        self.settings = replace(self.settings, start=time.time() + begins_in)
        self._submit(_PARALLELISM)
        self._rest.wait_until_running(self._job, _PATIENCE)
        self.wait_for_checkpoint()

    def strike(self, kind: str) -> None:
        """Do something to the job, and wait until it has gone on."""
        begin = time.time()
        if kind == "rescale":
            self._rescale()
        else:
            restores = len(self.history.restores)
            {"fuse": self._light_fuse, "fault": self._let_strike, "kill": self._kill}[kind]()
            self._wait_until(lambda: len(self.history.restores) > restores, "the job goes back")
        self._wait_until(self._goes_on, f"the job goes on after a {kind}")
        self.recoveries.append(Recovery(kind, time.time() - begin))

    def wait_for_checkpoint(self) -> None:
        """Wait until there is one more to go back to."""
        before = self.checkpoints().completed

        self._wait_until(
            lambda: self.checkpoints().completed > before, "there is a checkpoint more"
        )

    def add_task_manager(self) -> None:
        """Start a TaskManager that may be killed."""
        number = len(self._cluster.task_managers)
        self._sampler.add(f"TaskManager {number}", self._cluster.start_task_manager())

    def finish(self) -> None:
        """Let the job come to its end; from then on the settings tell how many elements it had."""
        due = self.settings.due(time.time() + _NOTICE)
        elements = max(self.settings.elements, due // len(AGENTS))
        written = self.settings.end.with_name("end-to-be")
        written.write_text(str(elements * len(AGENTS)))
        written.rename(self.settings.end)
        self.settings = replace(self.settings, elements=elements)
        self._wait_until(self._has_finished, "the job has come to its end")

    def checkpoints(self) -> CheckpointCounts:
        """Checkpoints of all jobs so far."""
        told, earlier = self._rest.get(f"/jobs/{self._job}/checkpoints"), self._earlier
        completed = [c for c in told["history"] if c["status"] == "COMPLETED"]
        times = [c["end_to_end_duration"] / 1000 for c in completed]
        return CheckpointCounts(
            earlier.completed + told["counts"]["completed"],
            earlier.failed + told["counts"]["failed"],
            completed[0]["state_size"] if completed else earlier.size,
            max([*times, earlier.longest]),
        )

    def note_failures(self) -> None:
        """Keep what the job has failed with, before a restart or its end forgets that."""
        told = self._rest.get(f"/jobs/{self._job}/exceptions?maxExceptions=100")
        for entry in told["exceptionHistory"]["entries"]:
            self._failures[entry["timestamp"]] = entry["stacktrace"]

    @property
    def unexpected_failures(self) -> list[str]:
        """Last lines of failures in Python that were not injected."""
        return [
            _last_cause(trace)
            for trace in self._failures.values()
            if "Python" in trace and "InjectedError" not in trace
        ]

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def _submit(self, parallelism: int, savepoint: str = "") -> None:
        begin = ["-s", savepoint] if savepoint else []
        output = self._cluster.flink(
            *("run", "-d", "-p", parallelism, *begin),
            *("-pyexec", sys.executable, "-pyclientexec", sys.executable),
            *("-pym", "tests.soak.job", self.settings.to_json()),
            timeout=300,
        )
        found = re.search(r"JobID ([0-9a-f]{32})", output)
        assert found, output
        self._job = found[1]

    def _kill(self) -> None:
        Ledger(self.settings.of(DESK).ledger).note(FAILED, "kill")
        self._cluster.kill_task_manager(-1)
        self.add_task_manager()

    def _light_fuse(self) -> None:
        self.settings.fuse.touch()

    def _let_strike(self) -> None:
        """Let one fault strike at the desk."""
        marks, disarmed = self.settings.of(DESK).marks, self.settings.disarmed
        before = struck(disarmed)
        disarmed.rename(marks)

        def has_struck() -> bool:
            new = struck(marks) - before
            # Of these there are more than one, one after the other.
            return any(n.endswith("-load") or not n.startswith("restore") for n in new)

        try:
            self._wait_until(has_struck, "a fault has struck")
        finally:
            marks.rename(disarmed)

    def _rescale(self) -> None:
        """Go on with parallelism 1, and soon again with the own."""
        for parallelism in (1, _PARALLELISM):
            self._wait_until(self._goes_on, "the job runs")
            counts = self.checkpoints()
            self.note_failures()
            savepoint = self._rest.stop(self._job, str(self._cluster.savepoints))
            self._earlier = counts
            self._submit(parallelism, savepoint)

    def _has_finished(self) -> bool:
        """Whether it has come to its end.

        Raises:
            AssertionError: If it has ended otherwise.
        """
        state = self._rest.state(self._job)
        assert state not in ("FAILED", "CANCELED"), self._rest.why_failed(self._job)
        return state == "FINISHED"

    def _goes_on(self) -> bool:
        return self._rest.is_running(self._job) and self._makes_calls()

    def _makes_calls(self) -> bool:
        """Whether the agents make calls just now."""
        ledger = Path(self.settings.of(DESK).ledger)
        before = ledger.stat().st_size
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if ledger.stat().st_size > before:
                return True
            time.sleep(0.1)
        return False

    def _wait_until(self, ask: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                if ask():
                    return
            except httpx.HTTPError:
                pass  # the JobManager has too much to do
            assert time.monotonic() < end, f"waited {_PATIENCE} s in vain until {what}"
            time.sleep(0.2)


def _last_cause(trace: str) -> str:
    causes = [line for line in trace.splitlines() if line.startswith("Caused by:")]
    return (causes or trace.splitlines())[-1]


@contextmanager
def soak_cluster(mode: str) -> Iterator[StandaloneCluster]:
    """A cluster for the job, with one TaskManager.

    Args:
        mode: Python execution mode.
    """
    # Without it glibc spreads what is freed over eight pools per core, and what the process keeps
    # says little of what it uses: see docs/operations.md.
    environment = {"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2"}
    with standalone_cluster(1, 1, _options(mode), environment, _FLINK_PYTHON) as cluster:
        yield cluster


__all__ = ["CheckpointCounts", "Recovery", "SoakedJob", "soak_cluster"]

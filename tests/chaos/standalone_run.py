"""A run of the chaos job on a standalone cluster, and what is killed meanwhile."""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.chaos.job import JobSettings
from tests.chaos.ledger import FAILED, MADE, Ledger
from tests.chaos.observer import History, observing
from tests.chaos.progress import Progress
from tests.chaos.verdict import Verdict, judge, read_answers
from tests.cluster.flink_process import FlinkProcess
from tests.cluster.flink_rest import FlinkRest, wait_for
from tests.cluster.python_workers import python_workers
from tests.cluster.standalone_cluster import StandaloneCluster
from tests.servers.model_control import ModelControl, model_server

_ROOT = Path(__file__).parents[2]
_JOB = Path(__file__).with_name("job.py")
#: Seconds that the job has to go on after it was disturbed, on a machine with much to do.
_PATIENCE = 240.0
#: Share of kills that come while the job has not recovered from the one before.
_HURRIED = 0.2


@dataclass
class StandaloneRun:
    """A run that has been prepared; made by :func:`standalone_run`.

    Attributes:
        cluster: Where the job runs.
        flink: The REST interface of that.
        model: What the agent asks.
        settings: Of the job.
        mode: ``thread`` or ``process``.
        ledger: Who made and saw which calls.
        history: The checkpoints.
        progress: How far the job has come.
        chance: Decides what is killed and when.
    """

    cluster: StandaloneCluster
    flink: FlinkRest
    model: ModelControl
    settings: JobSettings
    mode: str
    ledger: Ledger
    history: History
    progress: Progress
    chance: random.Random
    job: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._task_managers = len(self._running)

    def submit(self, parallelism: int, savepoint: str | None = None) -> None:
        """Submit the job, and wait until all of it runs.

        Args:
            parallelism: Of the job.
            savepoint: What it begins with.
        """
        begin = ["-s", savepoint] if savepoint else []
        printed = self.cluster.flink(
            "run",
            "-d",
            *begin,
            "-p",
            parallelism,
            "-D",
            f"python.execution-mode={self.mode}",
            "-pyexec",
            sys.executable,
            "-pyclientexec",
            sys.executable,
            "-py",
            _JOB,
            self.settings.to_json(),
            environment={"PYTHONPATH": str(_ROOT)},
            timeout=_PATIENCE,
        )
        found = re.search(r"JobID ([0-9a-f]{32})", printed)
        assert found, printed
        self.job = found[1]
        self.flink.wait_until_running(self.job, _PATIENCE)

    def wait_for_answers(self, count: int) -> None:
        """Wait until the agent has seen answers to so many orders."""

        def enough() -> bool:
            assert self.flink.state(self.job) != "FAILED", self.flink.why_failed(self.job)
            return self.progress.answered() >= count

        self._wait_until(enough, f"{count} orders are answered")

    def wait_for_calls_in_flight(self, count: int) -> None:
        """Wait until so many questions to the model are open."""
        wait_for(lambda: self.model.stats().in_flight >= count, "calls are in flight", _PATIENCE)

    def disturb(self, times: int, disturb: Callable[[], None]) -> None:
        """Do this at random moments, so that there are orders to come for a while yet.

        Each time the job has to go back to a checkpoint, unless the next time comes before.
        """
        elements = self.settings.elements
        moments = sorted(self.chance.sample(range(elements // 20, elements * 3 // 5), times))
        self._wait_until(lambda: bool(self.history.checkpoints), "there is a checkpoint")
        before = -1
        for moment in moments:
            if before >= 0 and self.chance.random() < _HURRIED:
                time.sleep(self.chance.uniform(0.2, 5))
            else:
                self._wait_for_restores(before + 1)
                self.wait_for_answers(moment)
                self._wait_until(lambda: self.flink.is_running(self.job), "the job runs")
                before = len(self.history.restores)
            disturb()
        self._wait_for_restores(before + 1)

    def kill_task_manager(self) -> None:
        """Kill any TaskManager and start another."""
        started = [one for one in self._running if one.has_started()]
        number = self.cluster.task_managers.index(self.chance.choice(started))
        self.ledger.note(FAILED, f"task-manager-{number}")
        self.cluster.kill_task_manager(number)
        self._replace_task_managers()

    def kill_python_worker(self) -> None:
        """Kill any Python worker, as soon as there is one."""

        def found() -> bool:
            self._replace_task_managers()
            started = [one for one in self._running if one.has_started()]
            try:
                workers = [worker for one in started for worker in python_workers(one.pid)]
                if not workers:
                    return False
                worker = self.chance.choice(workers)
                worker.kill()
            except (psutil.Error, ValueError):
                return False  # the TaskManager, or the worker, has just ended
            self.ledger.note(FAILED, f"python-worker-{worker.pid}")
            return True

        wait_for(found, "there is a Python worker", _PATIENCE)

    def kill_job_manager(self) -> None:
        """Kill the JobManager, as soon as there is one, and start another."""
        manager = self.cluster.job_manager
        assert manager is not None
        wait_for(manager.has_started, "there is a JobManager", _PATIENCE)
        self.ledger.note(FAILED, "job-manager")
        self.cluster.kill_job_manager()
        # Of a checkpoint that it completed since the observer looked, the next one tells nothing.
        self.history.add_last_of(self.cluster.checkpoints / self.job)
        self.cluster.start_job_manager()

    def checkpoint(self) -> None:
        """Make a checkpoint now; what is answered from here on is not in it."""
        self.flink.checkpoint(self.job)

    def cancel(self) -> str:
        """Cancel the job, without a savepoint; gives the path of its last checkpoint."""
        self.flink.cancel(self.job)
        completed = self.flink.get(f"/jobs/{self.job}/checkpoints")["latest"]["completed"]
        return completed["external_path"]

    def stop(self) -> str:
        """Stop the job with a savepoint; gives its path."""
        return self.flink.stop(self.job, self.cluster.savepoints.as_uri())

    def wait_until_input_ends(self) -> None:
        """Wait until the source has given all that it has, and the job goes on without it."""

        def ended() -> bool:
            vertices = self.flink.get(f"/jobs/{self.job}")["vertices"]
            return any(vertex["status"] == "FINISHED" for vertex in vertices)

        self._wait_until(ended, "the input ends")
        assert self.flink.state(self.job) == "RUNNING"

    def finish(self) -> Verdict:
        """Wait for all answers and the end of the job, which commits what else it has written.

        A job whose input has no end is stopped.
        """
        self.wait_for_answers(self.settings.elements)
        if self.settings.bounded:
            self._wait_until(lambda: self.flink.state(self.job) == "FINISHED", "the job ends")
            return self.verdict()
        self._wait_until(lambda: self.flink.is_running(self.job), "the job runs")
        self.stop()
        return self.verdict()

    def verdict(self) -> Verdict:
        """The verdict on what is there now; printed, too."""
        answers = read_answers(Path(self.settings.folder, "answers"))
        found = judge(self.settings.orders, answers, self.ledger, self.history)
        again = self.calls_made_again()
        print(f"{self.settings.run}, {self.mode} mode: {found.report()}; in flight: {again}")
        return found

    def calls_made_again(self) -> int:
        """Calls that were made more than once; if no finished one was repeated, the crash or the
        stop came while they were in flight.
        """
        made = Counter(entry.name for entry in self.ledger.read() if entry.word == MADE)
        return sum(times > 1 for times in made.values())

    def _wait_for_restores(self, count: int) -> None:
        """Wait until the job has gone back to checkpoints so often."""
        self._wait_until(lambda: len(self.history.restores) >= count, f"{count} restores")

    def _wait_until(self, ask: Callable[[], bool], what: str) -> None:
        def asked() -> bool:
            self._replace_task_managers()
            return ask()

        try:
            wait_for(asked, what, _PATIENCE + self._pace * self.settings.elements)
        except AssertionError as error:
            failed = [entry for entry in self.ledger.read() if entry.word == FAILED]
            seen = f"failures {failed}, restores {self.history.restores}"
            raise AssertionError(f"{error}: {seen}\n{self._tail()}") from error

    @property
    def _running(self) -> list[FlinkProcess]:
        return [one for one in self.cluster.task_managers if one.is_running()]

    def _replace_task_managers(self) -> None:
        """Start others for those that have ended, as a deployment does.

        Not only those that were killed: a Python worker that dies may take its TaskManager along,
        when Beam counts the users of what operators share.
        """
        for _ in range(self._task_managers - len(self._running)):
            self.cluster.start_task_manager()

    @property
    def _pace(self) -> float:
        return 1 / self.settings.per_second

    def _tail(self) -> str:
        return f"{self.flink.why_failed(self.job)}\n{self.cluster.tail()}"


@contextmanager
def standalone_run(
    cluster: StandaloneCluster, folder: Path, mode: str, seed: int, **settings: object
) -> Iterator[StandaloneRun]:
    """Prepare a run on a cluster: a model server, a ledger and an observer; nothing is submitted.

    Args:
        cluster: The cluster.
        folder: For all files of the run.
        mode: ``thread`` or ``process``.
        seed: Of the chance.
        settings: Of the job, see :class:`JobSettings`.
    """
    ledger = Ledger(JobSettings(str(folder), "").ledger)
    flink = FlinkRest(cluster.rest_url)
    try:
        others = [job["id"] for job in flink.get("/jobs")["jobs"]]
        with (
            model_server(folder, ledger) as model,
            observing(cluster.rest_url, apart_from=others) as history,
        ):
            told = JobSettings(str(folder), model.url, **settings)  # pyright: ignore
            print(f"seed {seed}")
            progress, chance = Progress(ledger), random.Random(seed)
            run = StandaloneRun(
                cluster, flink, model, told, mode, ledger, history, progress, chance
            )
            try:
                yield run
            finally:
                if run.job:
                    flink.cancel(run.job)
    finally:
        flink.close()


__all__ = ["StandaloneRun", "standalone_run"]

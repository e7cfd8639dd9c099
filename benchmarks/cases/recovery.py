"""Time from a failure to the first output after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.cases.model_calls import IN_FLIGHT, LATENCY
from benchmarks.cluster import StandaloneCluster, cluster
from benchmarks.comparison import Comparison, Figure, Run
from benchmarks.job import JobFailedError, JobProcess, run_job
from benchmarks.marks import read_lines

_FIGURE = (Figure("seconds", "to the first output, s", 2),)
_ENDLESS = 50_000_000
_PATIENCE = 240.0
_WARM_SECONDS = 5.0


def comparisons(scale: float) -> Iterator[Comparison]:
    """An error in the job, without and with calls in flight; and a TaskManager that is killed."""
    records = {"records": int(120_000 * max(scale, 0.5))}
    yield Comparison(
        "an error fails the job, no model, restart after 0.1 s",
        _FIGURE,
        _failing("recovery.agent", records),
        _failing("recovery.bare", records),
    )
    calls = {"calls": int(20_000 * max(scale, 0.5)), "in_flight": IN_FLIGHT, "latency": LATENCY}
    yield Comparison(
        f"an error fails the job, {IN_FLIGHT:,} calls of {LATENCY:g} s in flight, "
        "restart after 0.1 s",
        _FIGURE,
        _failing("recovery.calls", calls),
    )
    yield Comparison(
        "a TaskManager is killed, the job goes on in another one",
        _FIGURE,
        lambda: _killed(bare=False),
        lambda: _killed(bare=True),
    )


def _failing(job: str, arguments: dict[str, Any]) -> Run:
    def run() -> dict[str, float]:
        lines = run_job(job, arguments).lines
        return {"seconds": lines["recovered"][0][0] - lines["failed"][0][0]}

    return run


def _killed(bare: bool) -> dict[str, float]:
    with cluster(task_managers=2) as started:
        arguments = {"records": _ENDLESS, "cluster": started.rest_address, "bare": bare}
        with JobProcess("recovery.on_cluster", arguments) as job:
            (first,) = _wait(job, lambda: _marks(job), "the first record")
            _wait(job, lambda: _has_checkpoint(started), "a checkpoint")
            begun = time.monotonic()
            _wait(job, lambda: time.monotonic() - begun > _WARM_SECONDS, "warm code")
            pid = int(first.name.split("-")[1])
            running = [task_manager.pid for task_manager in started.task_managers]
            killed = time.time()
            started.kill_task_manager(running.index(pid))
            others = _wait(job, lambda: _marks(job) - {first}, "the first record after it")
            return {"seconds": min(read_lines(file)[0][1] for file in others) - killed}


def _marks(job: JobProcess) -> set[Path]:
    """Files of subtasks that have had a record."""
    return {file for file in job.files.glob("marks-*") if read_lines(file)}


def _has_checkpoint(started: StandaloneCluster) -> bool:
    # The REST API tells of a job a little later than that runs.
    paths = [f"/jobs/{job['id']}/checkpoints" for job in started.rest("/jobs")["jobs"]]
    return any(started.rest(path)["counts"]["completed"] > 0 for path in paths)


def _wait(job: JobProcess, for_what: Callable[[], Any], name: str) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while not (found := for_what()):
        if not job.is_running() or time.monotonic() > deadline:
            raise JobFailedError(f"{job.what}: {name} did not come:\n{job.log_tail()}")
        time.sleep(0.05)
    return found

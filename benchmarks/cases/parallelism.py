"""Throughput by parallelism, on a standalone cluster: a TaskManager process for each subtask."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any

from benchmarks.agents import KEYS
from benchmarks.bare_runs import bare_sdk
from benchmarks.cases.model_calls import IN_FLIGHT, LATENCY
from benchmarks.cluster import check_ran_on, cluster, sessions
from benchmarks.comparison import Comparison, Figure, Point, Run, share_of_baseline
from benchmarks.job import run_job
from benchmarks.slow_model_server import slow_model_server

_WORK = "Records/s with some work in Python and memory, by TaskManagers with one slot"
_CALLS = "Model calls/s of 200 ms over HTTP, by TaskManagers with one slot"
_AXIS = "TaskManagers"
_PROVIDER = "openai"
_RATE = Figure("rate", "records/s", plotted=True)
_CPU = Figure("cpu", "CPU per record, µs", plotted=True)


def comparisons(scale: float) -> Iterator[Comparison]:
    """One TaskManager and two, without a model and with one; and two slots in one process.

    Two beside one of the same agent has a bar: two have to be faster on the same cores.
    """
    records = max(3 * KEYS, int(150_000 * scale))
    calls = max(2 * IN_FLIGHT, int(10_000 * scale))
    for number in (1, 2):
        yield Comparison(
            f"cluster, work in Python and memory, TaskManagers: {number}",
            (_RATE, _CPU),
            _work("working.agent", records, number, 1),
            _work("working.bare", records, number, 1),
            Point(_WORK, _AXIS, number, "task-managers"),
        )
    yield Comparison(
        "cluster, work in Python and memory, one TaskManager with two slots",
        (_RATE, _CPU),
        _work("working.agent", records, 1, 2),
        _work("working.bare", records, 1, 2),
    )
    for number in (1, 2):
        yield Comparison(
            f"cluster, {IN_FLIGHT:,} calls in flight a subtask, HTTP, TaskManagers: {number}",
            (
                Figure("rate", "calls/s", plotted=True),
                Figure("cpu", "CPU per call, ms", 2, plotted=True),
            ),
            _calls(calls, number),
            _bare_calls(calls, number),
            Point(_CALLS, _AXIS, number, "task-managers-model-calls"),
        )
    yield Comparison(
        "two TaskManagers beside one, work in Python and memory",
        (Figure("rate", "records/s", 0, (share_of_baseline(1),)),),
        _work("working.agent", records, 2, 1),
        _work("working.agent", records, 1, 1),
    )
    yield Comparison(
        f"two TaskManagers beside one, {IN_FLIGHT:,} calls in flight a subtask, HTTP",
        (Figure("rate", "calls/s", 0, (share_of_baseline(1),)),),
        _calls(calls, 2),
        _calls(calls, 1),
    )


def _work(job: str, records: int, task_managers: int, slots: int) -> Run:
    def run() -> dict[str, float]:
        with cluster(task_managers, slots) as started:
            arguments = {"records": records, "parallelism": task_managers * slots}
            arguments |= {"cluster": started.rest_address}
            done = run_job(job, arguments, sessions=sessions(started))
            check_ran_on(started, done)
        # All keys have come.
        warm_up = max(0.3, 1.2 * KEYS / records)
        return {"rate": done.rate(warm_up), "cpu": done.cpu_per_call(warm_up) * 1e6}

    return run


def _calls(calls: int, task_managers: int) -> Run:
    def run() -> dict[str, float]:
        warm_up = IN_FLIGHT * task_managers
        with cluster(task_managers) as started, slow_model_server(LATENCY) as url:
            arguments: dict[str, Any] = {"mode": "thread", "provider": _PROVIDER, "url": url}
            arguments |= {"calls": warm_up + calls * task_managers, "in_flight": IN_FLIGHT}
            arguments |= {"parallelism": task_managers, "cluster": started.rest_address}
            done = run_job("model_calls.http", arguments, sessions=sessions(started))
            check_ran_on(started, done)
        share = warm_up / arguments["calls"]
        return {"rate": done.rate(share), "cpu": done.cpu_per_call(share) * 1000}

    return run


def _bare_calls(calls: int, processes: int) -> Run:
    def run() -> dict[str, float]:
        with slow_model_server(LATENCY) as url:
            found = bare_sdk(_PROVIDER, url, calls, IN_FLIGHT, processes)
        return {
            "rate": sum(bare.rate for bare in found),
            "cpu": mean(bare.cpu for bare in found),
        }

    return run

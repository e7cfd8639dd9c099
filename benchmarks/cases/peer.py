"""Settings in which figures of the best-known peer were published, to stand beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.cases.model_calls import IN_FLIGHT, LATENCY
from benchmarks.comparison import Comparison, Figure, Run
from benchmarks.job import run_job
from benchmarks.slow_model_server import slow_model_server

_KEYS = 100
_CALLS = 4
#: Of the run with few open calls; a quick look is shorter and has nothing to stand beside.
_SECONDS = 110.0
_QUICK_SECONDS = 22.0


def comparisons(scale: float) -> Iterator[Comparison]:
    """Throughput with 100 keys; model calls; CPU of a job that waits for four calls."""
    records = int(120_000 * scale)
    yield Comparison(
        f"no model, {_KEYS} keys, parallelism 1",
        (
            Figure("rate", "records/s", peer="4,150"),
            Figure("first", "first output after, s", 1, peer="7.5"),
            Figure("memory", "most memory of the job's processes, MB", peer="1,000 to 1,400"),
        ),
        _records("no_model.agent", "echo", records, 1),
        _records("no_model.bare", "echo", records, 1),
    )
    yield Comparison(
        f"no model, {_KEYS} keys, parallelism 2 in one process",
        (Figure("rate", "records/s", peer="2,900"),),
        _records("no_model.agent", "echo", records, 2),
        _records("no_model.bare", "echo", records, 2),
    )
    yield Comparison(
        f"two actions that read and write memory, {_KEYS} keys",
        (Figure("rate", "records/s", peer="2,360"),),
        _records("no_model.agent", "count twice", records // 2, 1),
        _records("no_model.bare", "count twice", records // 2, 1),
    )
    calls = int(10_000 * scale)
    yield Comparison(
        f"model calls of {LATENCY:g} s, 2,000 keys, HTTP, settings as they come",
        (Figure("rate", "calls/s", peer="19; tuned 150 to 170"),),
        lambda: _model_calls(calls),
    )
    seconds = _SECONDS if scale >= 0.5 else _QUICK_SECONDS
    published = "116" if seconds == _SECONDS else None
    yield Comparison(
        f"a run of {seconds:g} s that waits for {_CALLS} open calls",
        (Figure("cpu", "CPU, seconds", peer=published), Figure("seconds", "length of the run, s")),
        _waiting("waiting.idle_agent", seconds),
        _waiting("waiting.idle_bare", seconds),
    )


def _records(job: str, what: str, records: int, parallelism: int) -> Run:
    arguments: dict[str, Any] = {"mode": "thread", "what": what, "keys": _KEYS}
    arguments |= {"records": records, "parallelism": parallelism}

    def run() -> dict[str, float]:
        done = run_job(job, arguments)
        return {
            "rate": done.rate(),
            "first": done.start_up(),
            "memory": max(sample.total_mb for sample in done.samples) * 1.048576,
        }

    return run


def _model_calls(calls: int) -> dict[str, float]:
    with slow_model_server(LATENCY) as url:
        arguments = {"mode": "thread", "in_flight": IN_FLIGHT, "provider": "openai", "url": url}
        done = run_job("model_calls.http", {**arguments, "calls": 2 * IN_FLIGHT + calls})
        return {"rate": done.rate(2 * IN_FLIGHT / (2 * IN_FLIGHT + calls))}


def _waiting(job: str, seconds: float) -> Run:
    def run() -> dict[str, float]:
        # The time it takes to come up is part of the run, and no two are alike.
        done = run_job(job, {"calls": _CALLS, "seconds": seconds, "whole": True})
        return {"cpu": done.samples[-1].cpu, "seconds": done.seconds}

    return run

"""How long a job of one record takes from start to end of its program."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.comparison import Comparison, Figure, Run, above_baseline
from benchmarks.job import run_job


def comparisons(scale: float) -> Iterator[Comparison]:
    """An agent, and a bare keyed function."""
    del scale
    yield Comparison(
        "job of one record, thread mode",
        (Figure("seconds", "whole program, s", 1, (above_baseline(2, " s"),)),),
        _run("no_model.agent"),
        _run("no_model.bare"),
    )


def _run(job: str) -> Run:
    def run() -> dict[str, float]:
        done = run_job(job, {"mode": "thread", "records": 1, "memory": False})
        return {"seconds": done.seconds}

    return run

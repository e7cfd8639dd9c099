"""Throughput with memory by number of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.comparison import Comparison, Figure, Point, Run
from benchmarks.job import run_job

_SWEEP = "Records/s with memory, by number of keys"
_RECORDS = 120_000


def comparisons(scale: float) -> Iterator[Comparison]:
    """Few keys to many; in a quick look, fewer of the many."""
    for keys in (100, 10_000, 1_000_000 if scale >= 0.5 else 200_000):
        records = int(_RECORDS * scale)
        # Each key has come once before the measurement begins.
        warm_up = max(records // 4, keys)
        arguments = {"mode": "thread", "records": warm_up + records, "memory": True, "keys": keys}
        share = warm_up / (warm_up + records)
        yield Comparison(
            f"thread mode, memory, {keys:,} keys",
            (
                Figure("rate", "records/s", plotted=True),
                Figure("cpu", "CPU per record, µs", plotted=True),
            ),
            _run("no_model.agent", arguments, share),
            _run("no_model.bare", arguments, share),
            Point(_SWEEP, "keys", keys, "keys"),
        )


def _run(job: str, arguments: dict[str, Any], warm_up: float) -> Run:
    def run() -> dict[str, float]:
        done = run_job(job, arguments)
        return {"rate": done.rate(warm_up), "cpu": done.cpu_per_call(warm_up) * 1e6}

    return run

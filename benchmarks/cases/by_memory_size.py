"""Throughput by the size of the memory that each record reads and writes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.comparison import Comparison, Figure, Point, Run
from benchmarks.job import run_job

_SWEEP = "Records/s by size of the memory that each reads and writes"
#: Characters, and records of a run.
_SIZES = ((1_000, 120_000), (10_000, 80_000), (100_000, 20_000))
#: All of the thousand keys come in it.
_WARM_UP = 0.3


def comparisons(scale: float) -> Iterator[Comparison]:
    """One text a key, replaced by each record."""
    for size, records in _SIZES:
        arguments = {"size": size, "records": max(5_000, int(records * scale))}
        yield Comparison(
            f"thread mode, memory of {size / 1000:g} kB a key",
            (
                Figure("rate", "records/s", plotted=True),
                Figure("cpu", "CPU per record, µs", plotted=True),
            ),
            text_run("texts.memory_agent", arguments),
            text_run("texts.memory_bare", arguments),
            Point(_SWEEP, "memory of a key, kB", size / 1000, "memory-size"),
        )


def text_run(job: str, arguments: dict[str, int]) -> Run:
    """Runs a job of ``texts``."""

    def run() -> dict[str, float]:
        done = run_job(job, arguments)
        return {"rate": done.rate(_WARM_UP), "cpu": done.cpu_per_call(_WARM_UP) * 1e6}

    return run

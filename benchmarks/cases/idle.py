"""CPU of a job that only waits for model calls."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.comparison import Comparison, Figure, Run, at_most
from benchmarks.job import run_job
from benchmarks.process_tree import cpu_between

CALLS = 1_000


def comparisons(scale: float) -> Iterator[Comparison]:
    """A job with open calls, and a job that has nothing to do."""
    yield Comparison(
        f"job that waits for {CALLS:,} calls, thread mode",
        (Figure("cores", "CPU, % of a core", 1, (at_most(5, " %"),)),),
        _run("waiting.idle_agent", max(5.0, 15.0 * scale)),
        _run("waiting.idle_bare", max(5.0, 15.0 * scale)),
    )


def _run(job: str, seconds: float) -> Run:
    def run() -> dict[str, float]:
        done = run_job(job, {"calls": CALLS, "seconds": seconds})
        begin, end = done.result["begin"], done.result["end"]
        return {"cores": cpu_between(done.samples, begin, end) / (end - begin) * 100}

    return run

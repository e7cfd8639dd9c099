"""What the runtime adds to a single model call."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, quantiles

from benchmarks.comparison import Comparison, Figure, Run, at_most
from benchmarks.job import run_job

#: The first calls are slow, as all code is when it runs for the first time.
WARM_UP = 20
#: The last elements are those of a job that ends: it waits for nothing else then.
END = 5


def comparisons(scale: float) -> Iterator[Comparison]:
    """One call at a time, in both modes."""
    for mode, bars in (("thread", (at_most(20),)), ("process", ())):
        yield Comparison(
            f"added latency per call, {mode} mode",
            (
                Figure("p50", "p50, ms", 1, bars),
                Figure("p99", "p99, ms", 1),
                Figure("before", "of it, from element to call, p50, ms", 1),
                Figure("after", "of it, from answer to output, p50, ms", 1),
            ),
            _run(mode, WARM_UP + END + int(100 * scale)),
        )


def _run(mode: str, calls: int) -> Run:
    def run() -> dict[str, float]:
        arguments = {"mode": mode, "calls": calls, "latency": 0.05, "pause": 0.1}
        times = run_job("latency.agent", arguments).lines["calls"][WARM_UP:-END]
        before = [began - arrived for arrived, began, _, _ in times]
        after = [out - ended for _, _, ended, out in times]
        added = [a + b for a, b in zip(before, after, strict=True)]
        return {
            "p50": median(added) * 1000,
            "p99": quantiles(added, n=100)[98] * 1000,
            "before": median(before) * 1000,
            "after": median(after) * 1000,
        }

    return run

"""What the durable journal costs at 1,000 calls in flight."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cases.model_calls import IN_FLIGHT, LATENCY, WARM_UP
from benchmarks.comparison import Comparison, Figure, Run, share_of_baseline
from benchmarks.job import run_job


def comparisons(scale: float) -> Iterator[Comparison]:
    """The same job with the journal and without; both have a checkpoint every 2 s."""
    calls = WARM_UP + 4 * int(10_000 * scale)
    yield Comparison(
        f"{IN_FLIGHT:,} calls of {LATENCY:g} s in flight, durable journal on a local disk",
        (
            Figure("rate", "calls/s", 0, (share_of_baseline(0.9),)),
            Figure("cpu", "CPU per call, ms", 2),
        ),
        _run(calls, journal=True),
        _run(calls, journal=False),
    )


def _run(calls: int, journal: bool) -> Run:
    def run() -> dict[str, float]:
        arguments = {"calls": calls, "in_flight": IN_FLIGHT, "latency": LATENCY, "mode": "thread"}
        done = run_job("model_calls.journaled", {**arguments, "journal": journal})
        warm_up = WARM_UP / done.lines["marks"][-1][0]
        return {"rate": done.rate(warm_up), "cpu": done.cpu_per_call(warm_up) * 1000}

    return run

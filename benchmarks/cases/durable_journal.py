"""What the durable journal costs at 1,000 calls in flight."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cases.model_calls import IN_FLIGHT, LATENCY, WARM_UP
from benchmarks.comparison import Comparison, Figure, Run, share_of_baseline
from benchmarks.job import run_job
from benchmarks.slow_model_server import slow_model_server

_BAR = share_of_baseline(0.9)
_CPU = Figure("cpu", "CPU per call, ms", 2)


def comparisons(scale: float) -> Iterator[Comparison]:
    """The same job with the journal and without; both have a checkpoint every 2 s.

    A model in the process costs nothing itself, so its job shows the journal and the runtime alone.
    """
    what = f"{IN_FLIGHT:,} calls of {LATENCY:g} s in flight"
    yield Comparison(
        f"{what}, HTTP, durable journal on a local disk",
        (Figure("rate", "calls/s", 0, (_BAR,)), _CPU),
        _http(int(10_000 * scale), journal=True),
        _http(int(10_000 * scale), journal=False),
    )
    yield Comparison(
        f"{what}, model in the process, durable journal on a local disk",
        (Figure("rate", "calls/s"), _CPU),
        _in_process(int(40_000 * scale), journal=True),
        _in_process(int(40_000 * scale), journal=False),
    )


def _http(calls: int, journal: bool) -> Run:
    def run() -> dict[str, float]:
        with slow_model_server(LATENCY) as url:
            return _figures(calls, journal, url)

    return run


def _in_process(calls: int, journal: bool) -> Run:
    return lambda: _figures(calls, journal, None)


def _figures(calls: int, journal: bool, url: str | None) -> dict[str, float]:
    arguments = {"calls": WARM_UP + calls, "in_flight": IN_FLIGHT, "latency": LATENCY}
    done = run_job(
        "model_calls.journaled", {**arguments, "mode": "thread", "journal": journal, "url": url}
    )
    warm_up = WARM_UP / done.lines["marks"][-1][0]
    return {"rate": done.rate(warm_up), "cpu": done.cpu_per_call(warm_up) * 1000}

"""Model calls over HTTP by how many are in flight."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bare_runs import bare_sdk
from benchmarks.cases.model_calls import LATENCY, most_in_flight
from benchmarks.comparison import Comparison, Figure, Point, Run
from benchmarks.job import run_job
from benchmarks.slow_model_server import slow_model_server

_SWEEP = "Model calls/s of 200 ms over HTTP, by calls in flight"
#: Calls in flight, and calls of a run.
_IN_FLIGHT = ((10, 500), (100, 5_000), (1_000, 10_000), (4_000, 12_000))
_PROVIDER = "openai"


def comparisons(scale: float) -> Iterator[Comparison]:
    """Beside the bare SDK with the same concurrency."""
    for in_flight, most in _IN_FLIGHT:
        # Fewer would be the first answers, which come all at once.
        calls = max(200, 2 * min(in_flight, 2_000), int(most * scale))
        yield Comparison(
            f"{in_flight:,} calls of {LATENCY:g} s in flight, HTTP, {_PROVIDER}",
            (
                Figure("rate", "calls/s", plotted=True),
                Figure("in_flight", "most in flight, seen by the server"),
                Figure("cpu", "CPU per call, ms", 2, plotted=True),
            ),
            _agent(in_flight, calls),
            _bare(in_flight, calls),
            Point(_SWEEP, "calls in flight", in_flight, "calls-in-flight"),
        )


def _agent(in_flight: int, calls: int) -> Run:
    # The first calls open the connections; the bare program makes as many before it measures.
    # Those of a short run do not even warm up Python.
    warm_up = max(in_flight, 300)

    def run() -> dict[str, float]:
        with slow_model_server(LATENCY) as url:
            arguments = {"mode": "thread", "provider": _PROVIDER, "url": url}
            arguments |= {"calls": warm_up + calls, "in_flight": in_flight}
            done = run_job("model_calls.http", arguments)
            share = warm_up / done.marks[0][-1][0]
            cpu = done.cpu_per_call(share) * 1000
            return {"rate": done.rate(share), "cpu": cpu, "in_flight": most_in_flight(url)}

    return run


def _bare(in_flight: int, calls: int) -> Run:
    def run() -> dict[str, float]:
        with slow_model_server(LATENCY) as url:
            (bare,) = bare_sdk(_PROVIDER, url, calls, in_flight)
            return {"rate": bare.rate, "cpu": bare.cpu, "in_flight": most_in_flight(url)}

    return run

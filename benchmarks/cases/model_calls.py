"""Many model calls in flight."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.bare_runs import bare_sdk
from benchmarks.comparison import Comparison, Figure, at_least, share_of_baseline
from benchmarks.job import JobRun, run_job
from benchmarks.slow_model_server import slow_model_server

IN_FLIGHT = 1_000
LATENCY = 0.2
LONG = 10.0
#: The first calls open the connections; the bare program makes as many before it measures.
WARM_UP = 2_000
MOST_IN_FLIGHT = Figure("in_flight", "most in flight, seen by the server")


def comparisons(scale: float) -> Iterator[Comparison]:
    """Over HTTP, as fast as it goes and with slow calls; and with a model in the process."""
    calls = int(10_000 * scale)
    yield http_comparison("openai", calls)
    # A machine that is busy with the calls may not have all of them at the server at once, neither
    # here nor in the bare program. With calls that are long enough it must.
    yield Comparison(
        f"{IN_FLIGHT:,} calls of {LONG:g} s in flight, HTTP",
        (replace(MOST_IN_FLIGHT, bars=(at_least(1_000),)),),
        lambda: _http_agent("openai", 2 * IN_FLIGHT, LONG),
    )
    waiting = {"calls": WARM_UP + 2 * calls, "in_flight": IN_FLIGHT, "latency": LATENCY}
    yield Comparison(
        f"{IN_FLIGHT:,} calls of {LATENCY:g} s in flight, model in the process",
        (Figure("rate", "calls/s"), Figure("cpu", "CPU per call, ms", 2)),
        lambda: _figures(run_job("model_calls.in_process", {**waiting, "mode": "thread"})),
        lambda: _figures(run_job("model_calls.in_process_bare", waiting)),
    )


def http_comparison(provider: str, calls: int) -> Comparison:
    """Calls of a provider on Flink beside those of its SDK in a bare program."""
    return Comparison(
        f"{IN_FLIGHT:,} calls of {LATENCY:g} s in flight, HTTP, {provider}",
        (
            Figure("rate", "calls/s", 0, (share_of_baseline(0.6),)),
            MOST_IN_FLIGHT,
            Figure("cpu", "CPU per call, ms", 2),
        ),
        lambda: _http_agent(provider, WARM_UP + calls, LATENCY),
        lambda: _http_bare(provider, calls),
    )


def _http_agent(provider: str, calls: int, latency: float) -> dict[str, float]:
    with slow_model_server(latency) as url:
        arguments = {"calls": calls, "in_flight": IN_FLIGHT, "provider": provider, "url": url}
        done = run_job("model_calls.http", {**arguments, "mode": "thread"})
        figures = _figures(done) if latency == LATENCY else {}
        return {**figures, "in_flight": most_in_flight(url)}


def _http_bare(provider: str, calls: int) -> dict[str, float]:
    with slow_model_server(LATENCY) as url:
        (bare,) = bare_sdk(provider, url, calls, IN_FLIGHT)
        return {"rate": bare.rate, "cpu": bare.cpu, "in_flight": most_in_flight(url)}


def _figures(done: JobRun) -> dict[str, float]:
    warm_up = WARM_UP / done.lines["marks"][-1][0]
    return {"rate": done.rate(warm_up), "cpu": done.cpu_per_call(warm_up) * 1000}


def most_in_flight(url: str) -> int:
    with urllib.request.urlopen(f"{url}/stats", timeout=30) as answer:
        return json.load(answer)["max_in_flight"]

"""Input to output without a model, on Flink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.agents import KEYS
from benchmarks.comparison import Bar, Comparison, Figure, Run, at_least, share_of_baseline
from benchmarks.job import run_job

#: Title, records, mode, environment, with memory, bars.
_CASES: tuple[tuple[str, int, str, dict[str, str], bool, tuple[Bar, ...]], ...] = (
    ("thread mode", 200_000, "thread", {}, False, (at_least(15_000), share_of_baseline(0.5))),
    ("thread mode, memory", 120_000, "thread", {}, True, (at_least(8_000),)),
    ("process mode", 80_000, "process", {}, False, (at_least(3_000),)),
    ("process mode, memory", 25_000, "process", {}, True, ()),
    (
        "process mode, own process",
        80_000,
        "process",
        # Else a job on this machine runs its Python workers as threads of the client.
        {"_python_worker_execution_mode": "process"},
        False,
        (at_least(3_000),),
    ),
    (
        "process mode, own process, memory",
        25_000,
        "process",
        {"_python_worker_execution_mode": "process"},
        True,
        (),
    ),
)


def comparisons(scale: float) -> Iterator[Comparison]:
    """Modes, with and without memory."""
    for title, records, mode, variables, memory, bars in _CASES:
        records = max(2 * KEYS, int(records * scale))
        arguments = {"mode": mode, "records": records, "memory": memory}
        yield Comparison(
            f"no model, {title}",
            (
                Figure("rate", "records/s", 0, bars),
                Figure("cpu", "CPU per record, µs"),
                Figure("start_up", "start to first record, s", 1),
            ),
            _run("no_model.agent", arguments, variables),
            _run("no_model.bare", arguments, variables),
        )


def _run(job: str, arguments: Mapping[str, Any], variables: Mapping[str, str]) -> Run:
    # In process mode the first look at a key's state is a round trip to Java: each key comes once
    # before the measurement begins.
    warm_up = max(0.2, 1.2 * KEYS / arguments["records"])

    def run() -> dict[str, float]:
        done = run_job(job, arguments, environment=variables)
        return {
            "rate": done.rate(warm_up),
            "cpu": done.cpu_per_call(warm_up) * 1e6,
            "start_up": done.start_up(),
        }

    return run

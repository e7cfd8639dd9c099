"""The local host without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.comparison import Comparison, Figure, Run, at_least
from benchmarks.job import run_job


def comparisons(scale: float) -> Iterator[Comparison]:
    """With and without memory."""
    for title, memory, events, bars in (
        ("no model", False, 300_000, (at_least(30_000),)),
        ("memory read and write", True, 150_000, ()),
    ):
        arguments = {"events": int(events * scale), "memory": memory}
        yield Comparison(
            f"local host, {title}",
            (Figure("rate", "events/s", 0, bars), Figure("cpu", "CPU per event, µs", 1)),
            _run("local.agent", arguments),
            _run("local.bare", arguments),
        )


def _run(job: str, arguments: Mapping[str, object]) -> Run:
    def run() -> dict[str, float]:
        done = run_job(job, arguments)
        return {"rate": done.rate(), "cpu": done.cpu_per_call() * 1e6}

    return run

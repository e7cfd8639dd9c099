"""Checkpoints by open calls and by size of the state."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.cases.checkpoint import free_port
from benchmarks.comparison import Comparison, Figure, Point, Run
from benchmarks.job import run_job

_CALLS = "Checkpoints by open model calls"
_STATE = "Checkpoints by size of the memory"
_FIGURES = (
    Figure("median", "median duration, s", 3, plotted=True),
    Figure("longest", "longest duration, s", 3),
    Figure("kib", "size, KiB", plotted=True),
)
_KEYS = 10_000
_CHECKPOINTS = 5


def comparisons(scale: float) -> Iterator[Comparison]:
    """Open calls have prompts of 100 bytes; memory is one text for each of 10,000 keys."""
    del scale  # a checkpoint is a matter of a second in any case
    for calls in (0, 1_000, 4_000):
        # Without calls there is one key that has something in its memory.
        what = {"open_work": calls > 0, "keys": max(calls, 1), "size": 100}
        yield Comparison(
            f"checkpoint with {calls:,} open calls",
            _FIGURES,
            _run(what),
            point=Point(_CALLS, "open calls", calls, "checkpoints-by-open-calls"),
        )
    for size in (100, 1_000, 10_000):
        what = {"open_work": False, "keys": _KEYS, "size": size}
        megabytes = _KEYS * size / 1e6
        yield Comparison(
            f"checkpoint with {megabytes:g} MB of memory",
            _FIGURES,
            _run(what),
            _run({**what, "bare": True}),
            Point(_STATE, "memory of all keys, MB", megabytes, "checkpoints-by-memory"),
        )


def _run(what: dict[str, Any]) -> Run:
    def run() -> dict[str, float]:
        arguments = {**what, "port": free_port(), "checkpoints": _CHECKPOINTS}
        result = run_job("sizing.state", arguments).result
        durations: list[float] = result["durations"]
        return {
            "median": median(durations),
            "longest": max(durations),
            "kib": result["checkpoint"] / 1024,
        }

    return run

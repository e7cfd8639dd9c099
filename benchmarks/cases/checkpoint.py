"""Checkpoints while model calls are open."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from statistics import median

from benchmarks.comparison import Comparison, Figure, at_most
from benchmarks.job import run_job

CALLS = 1_000


def comparisons(scale: float) -> Iterator[Comparison]:
    """As many open calls as a subtask may have."""
    del scale  # a checkpoint is a matter of a second in any case
    yield Comparison(
        f"checkpoint with {CALLS:,} calls open",
        (
            Figure("median", "median duration, s", 3, (at_most(1),)),
            Figure("longest", "longest duration, s", 3, (at_most(1),)),
            Figure("kib", "state, KiB"),
        ),
        _run,
    )


def _run() -> dict[str, float]:
    arguments = {"calls": CALLS, "checkpoints": 10, "port": free_port()}
    result = run_job("waiting.checkpoint", arguments).result
    durations: list[float] = result["durations"] or [float("inf")]
    return {
        "median": median(durations),
        "longest": max(durations),
        "kib": result["bytes"] / 1024,
    }


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]

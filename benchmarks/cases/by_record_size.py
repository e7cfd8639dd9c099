"""Throughput by the size of the records."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cases.by_memory_size import text_run
from benchmarks.comparison import Comparison, Figure, Point

_SWEEP = "Records/s by size of the records, no model, no memory"
#: Characters, and records of a run.
_SIZES = ((100, 160_000), (1_000, 120_000), (10_000, 80_000))


def comparisons(scale: float) -> Iterator[Comparison]:
    """Texts that are passed on."""
    for size, records in _SIZES:
        arguments = {"size": size, "records": max(5_000, int(records * scale))}
        yield Comparison(
            f"thread mode, records of {size:,} bytes",
            (
                Figure("rate", "records/s", plotted=True),
                Figure("cpu", "CPU per record, µs", plotted=True),
            ),
            text_run("texts.records_agent", arguments),
            text_run("texts.records_bare", arguments),
            Point(_SWEEP, "record, bytes", size, "record-size"),
        )

"""Shows a run while it goes on: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from examples.product_reviews.report import Report, many, printable
from examples.product_reviews.schema import JudgedSentence, Record, ReviewSummary, Suggestion

_PLAIN_EVERY = 5.0


class View(Protocol):
    """Shows how a run is getting on."""

    def update(self, report: Report) -> None:
        """Show the state of the run; called a few times a second."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was found."""
        ...


def open_view(plain: bool, total: int | None) -> View:
    """A live table if this is a terminal and rich is installed, else plain lines."""
    if plain or not sys.stdout.isatty():
        return PlainView(total)
    try:
        return LiveView(total)
    except ImportError:
        return PlainView(total)


class PlainView:
    """A line every few seconds.

    Args:
        total: Sentences in all, if known.
        clock: Gives seconds.
    """

    def __init__(self, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._next = clock() + _PLAIN_EVERY
        self._shown = -1

    def update(self, report: Report) -> None:
        if self._clock() < self._next or report.done == self._shown:
            return
        self._next = self._clock() + _PLAIN_EVERY
        self._shown = report.done
        print(f"{progress(report, self._total)}  {counts(report)}", flush=True)

    def close(self) -> None:
        pass


class LiveView:
    """A table that is drawn anew a few times a second.

    Args:
        total: Sentences in all, if known.

    Raises:
        ImportError: If rich is not installed.
    """

    def __init__(self, total: int | None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._total = total
        self._started = time.monotonic()
        self._live = Live(console=Console(), refresh_per_second=4, transient=True)
        self._live.start()

    def update(self, report: Report) -> None:
        self._live.update(self._drawn(report))

    def close(self) -> None:
        self._live.stop()

    def _drawn(self, report: Report) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        seconds = time.monotonic() - self._started
        overview = Table.grid(expand=True)
        overview.add_row(Text(f"{progress(report, self._total)}  {seconds:.0f} s", style="bold"))
        overview.add_row(
            ProgressBar(total=self._total or None, completed=report.done, pulse=not report.done)
        )
        overview.add_row(Text(counts(report)))
        last = Table(expand=True, box=None)
        for title, width in (("review", 8), ("score", 6), ("human", 6)):
            last.add_column(title, width=width, no_wrap=True)
        last.add_column("result", ratio=1, no_wrap=True, overflow="ellipsis")
        for record in report.last:
            last.add_row(*(Text(printable(cell)) for cell in row(record)))
        return Group(overview, last)


def progress(report: Report, total: int | None) -> str:
    """How far the run is."""
    if not report.done:
        return "starting"
    return f"{report.done:,}{f'/{total:,}' if total is not None else ''} sentences"


def counts(report: Report) -> str:
    """The other figures, in a line."""
    seconds = report.judging_seconds
    rate = f"{report.sentences / seconds:.1f}/s" if seconds > 0 else "-"
    return (
        f"{rate}  in flight {report.mean_in_flight:.0f}  "
        f"tokens {report.prompt_tokens + report.completion_tokens:,}  "
        f"reviews {report.reviews}  suggestions {report.suggestions}  "
        f"rejected {report.rejected}  failed {report.failed}"
    )


def row(record: Record) -> tuple[str, str, str, str]:
    """A result as review, score, human rating and text."""
    if isinstance(record, JudgedSentence):
        rating = "" if record.rating is None else f"{record.rating:+.1f}"
        return record.review, f"{record.score:+d}", rating, f"{record.reason}: {record.text}"
    if isinstance(record, ReviewSummary):
        means = (record.mean_score, record.mean_rating)
        score, rating = ("" if mean is None else f"{mean:+.1f}" for mean in means)
        return record.review, score, rating, f"REVIEW of {many(record.sentences, 'sentence')}"
    if isinstance(record, Suggestion):
        return record.review, f"{record.mean_score:+.1f}", "", f"SUGGESTION {record.suggestion}"
    return record.review or "", "", "", f"{record.what.upper()} REJECTED {record.reason}"

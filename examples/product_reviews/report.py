"""What the results add up to."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from math import sqrt

from examples.product_reviews.reading import Scan
from examples.product_reviews.schema import (
    FOLDERS,
    JudgedSentence,
    ModelCall,
    Record,
    Rejected,
    ReviewSummary,
    Suggestion,
)

_LAST = 6


@dataclass
class Agreement:
    """How scores agree with human ratings."""

    _n: int = 0
    _sums: list[float] = field(default_factory=lambda: [0.0] * 5)
    clear: int = 0
    same_sign: int = 0

    def add(self, score: float, rating: float) -> None:
        """Compare one."""
        self._n += 1
        new = (score, rating, score * score, rating * rating, score * rating)
        self._sums = [a + b for a, b in zip(self._sums, new, strict=True)]
        if abs(rating) >= 1:
            self.clear += 1
            self.same_sign += score * rating > 0

    @property
    def rated(self) -> int:
        """Sentences with a rating."""
        return self._n

    @property
    def correlation(self) -> float | None:
        """Pearson's; None if it is not defined."""
        x, y, xx, yy, xy = self._sums
        spread = (self._n * xx - x * x) * (self._n * yy - y * y)
        return (self._n * xy - x * y) / sqrt(spread) if spread > 1e-9 else None


class Report:
    """Adds results up.

    Args:
        threshold: Reviews with a mean score below it get a suggestion.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._awaited = 0  # suggestions that are still to come
        self.agreement = Agreement()
        self.reviews = 0
        self.sentences = 0
        self.suggestions = 0
        self.rejected = 0
        self.failed = 0
        self.done = 0  # sentences that were judged, or for which the model gave no answer
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.first_rejected: Rejected | None = None
        self.first_failed: Rejected | None = None
        self.last: deque[Record] = deque(maxlen=_LAST)
        self._first = float("inf")
        self._latest = 0.0
        self._call_seconds = 0.0
        # 16 bytes a call: it takes 60 million calls to fill a gigabyte.
        self._asked = array("d")
        self._answered = array("d")

    def add(self, folder: str, text: str) -> None:
        """Count a result, as it stands in that folder of the output."""
        record = FOLDERS[folder].model_validate_json(text)
        if isinstance(record, JudgedSentence):
            self.sentences += 1
            self.done += 1
            self._count(record.call)
            if record.rating is not None:
                self.agreement.add(record.score, record.rating)
        elif isinstance(record, ReviewSummary):
            self.reviews += 1
            self._awaited += record.is_below(self._threshold)
        elif isinstance(record, Suggestion):
            self.suggestions += 1
            self._awaited -= 1
            self._count(record.call)
        elif record.what == "line":
            self.rejected += 1
            self.first_rejected = self.first_rejected or record
        else:
            self.failed += 1
            self.done += record.what == "sentence"
            self._awaited -= record.what == "suggestion"
            self.first_failed = self.first_failed or record
        self.last.append(record)

    def _count(self, call: ModelCall) -> None:
        self.prompt_tokens += call.prompt_tokens
        self.completion_tokens += call.completion_tokens
        self._first = min(self._first, call.asked_at)
        self._call_seconds += call.answered_at - call.asked_at
        self._latest = max(self._latest, call.answered_at)
        self._asked.append(call.asked_at)
        self._answered.append(call.answered_at)

    def is_complete(self, found: Scan) -> bool:
        """Whether there is a result for all that a file holds."""
        return (
            self.done >= found.sentences and self.rejected >= found.rejected and self._awaited == 0
        )

    @property
    def judging_seconds(self) -> float:
        """From the first question to the last answer."""
        return max(0.0, self._latest - self._first) if self._asked else 0.0

    @property
    def mean_in_flight(self) -> float:
        """How many calls were open on average, from the first question to the last answer."""
        return self._call_seconds / self.judging_seconds if self.judging_seconds > 0 else 0.0

    @property
    def peak_in_flight(self) -> int:
        """The most calls that were open at the same time."""
        # An answer and a question at the same instant do not overlap.
        events = sorted(chain(((at, 1) for at in self._asked), ((at, -1) for at in self._answered)))
        open_calls = peak = 0
        for _, change in events:
            open_calls += change
            peak = max(peak, open_calls)
        return peak

    def lines(self, seconds: float, output: str) -> list[str]:
        """The report as text.

        Args:
            seconds: How long the whole run took.
            output: Where the results are.
        """
        judging = self.judging_seconds
        rate = f"{self.sentences / judging:.1f} a second" if judging > 0 else "-"
        lines = [
            f"Judged        {many(self.sentences, 'sentence')} of "
            f"{many(self.reviews, 'finished review')}, {many(self.suggestions, 'suggestion')}",
            f"Throughput    {rate} over {judging:.1f} s of judging ({seconds:.1f} s in all)",
            f"In flight     {many(self.peak_in_flight, 'call')} of the model at the peak, "
            f"{self.mean_in_flight:.1f} on average",
            f"Tokens        {self.prompt_tokens:,} prompt, {self.completion_tokens:,} completion",
            f"Agreement     {self._agreement()}",
            f"Rejected      {many(self.rejected, 'input')}{_first(self.first_rejected)}",
            f"Failed        {many(self.failed, 'model answer')}{_first(self.first_failed)}",
            f"Output        {output}",
        ]
        return lines

    def _agreement(self) -> str:
        found = self.agreement
        if not found.rated:
            return "no sentence has a human rating"
        correlation = found.correlation
        shown = "not defined" if correlation is None else f"{correlation:.2f}"
        parts = [f"Pearson correlation {shown} over {many(found.rated, 'rated sentence')}"]
        if found.clear:
            percent = 100 * found.same_sign / found.clear
            parts.insert(
                0,
                f"{percent:.0f} % same sign ({found.same_sign} of {found.clear} with "
                "|rating| >= 1)",
            )
        return ", ".join(parts)


def printable(text: str) -> str:
    """The text on one line and without what a terminal would take for a command."""
    return "".join(char if char.isprintable() else " " for char in text)


def many(number: int, what: str) -> str:
    """A number and what it counts, as in "3 reviews"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _first(rejected: Rejected | None) -> str:
    if rejected is None:
        return ""
    line = f"line {rejected.line}: " if rejected.line is not None else ""
    reason = rejected.reason if len(rejected.reason) <= 160 else rejected.reason[:159] + "…"
    return f"; the first: {line}{printable(reason)}"

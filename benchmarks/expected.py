"""How long it will still take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import mean

_GUESS = 30.0
"""Seconds of a run of both sides, if nothing is known."""


class Expected:
    """Elapsed time and expected rest of a list of comparisons.

    Args:
        seconds: What one run of each takes, as far as that is known.
        runs: How often each runs.
    """

    def __init__(self, seconds: Sequence[float | None], runs: int) -> None:
        self._seconds = list(seconds)
        self._runs = runs
        self._begin = self._last = time.monotonic()
        self._next = 0

    def done(self, number: int) -> None:
        """Comparison ``number`` is over."""
        now = time.monotonic()
        self._seconds[number] = (now - self._last) / self._runs
        self._last, self._next = now, number + 1

    def rest(self) -> float:
        """Expected seconds until all are over."""
        known = [seconds for seconds in self._seconds if seconds is not None]
        usual = mean(known) if known else _GUESS
        left = self._seconds[self._next :]
        return sum(usual if seconds is None else seconds for seconds in left) * self._runs

    def __str__(self) -> str:
        elapsed = time.monotonic() - self._begin
        return f"{elapsed / 60:.0f} min so far, about {self.rest() / 60:.0f} min to go"

"""Moments of a job, written by its functions where they run and read when the job is over.

A job cannot return figures: its functions run in the Java process, or in a worker. They write
lines to a file instead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path


class Marks:
    """Counts calls and writes down when every n-th of them happened. Travels with the job.

    Args:
        path: The file.
        every: A line for every that many calls, and for the first one.
    """

    def __init__(self, path: str, every: int) -> None:
        self._path = path
        self._every = every
        self._count = 0

    def __call__(self) -> None:
        """It has happened once more."""
        self._count += 1
        if self._count % self._every == 0 or self._count == 1:
            with open(self._path, "a") as file:
                file.write(f"{self._count} {time.time()}\n")


class Record:
    """Writes a line of numbers each time it is called. Travels with the job.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, *numbers: float) -> None:
        """Add a line."""
        with open(self._path, "a") as file:
            file.write(" ".join(map(repr, numbers)) + "\n")


def read_lines(path: str | Path) -> list[list[float]]:
    """The complete lines of a file; empty if there is no file."""
    file = Path(path)
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [[float(number) for number in line.split()] for line in lines]


def steady(marks: Sequence[Sequence[float]], warm_up: float) -> tuple[float, float, float]:
    """What was counted after the warm-up.

    Args:
        marks: Lines of :class:`Marks`.
        warm_up: Share of the calls to leave out at the start, 0 to 1.

    Returns:
        Calls, and the times between which they happened.
    """
    last_count, last_time = marks[-1]
    first_count, first_time = next(mark for mark in marks if mark[0] >= last_count * warm_up)
    return last_count - first_count, first_time, last_time

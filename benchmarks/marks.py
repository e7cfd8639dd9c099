"""Moments of a job, written by its functions where they run and read when the job is over.

A job cannot return figures: its functions run in the Java process, or in a worker. They write
lines to a file instead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path


class Marks:
    """Counts calls and writes down when every n-th of them happened. Travels with the job.

    Args:
        path: The file.
        every: A line for every that many calls, and for the first one.
        apart: Whether each copy, that is each subtask, writes to a file of its own, whose name
            begins with that of the path.
    """

    def __init__(self, path: str, every: int, apart: bool = False) -> None:
        self._path = path
        self._every = every
        self._apart = apart
        self._count = 0

    def __call__(self) -> None:
        """It has happened once more."""
        self._count += 1
        if self._count % self._every == 0 or self._count == 1:
            path = f"{self._path}-{os.getpid()}-{id(self)}" if self._apart else self._path
            with open(path, "a") as file:
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


def steady_together(
    files: Sequence[Sequence[Sequence[float]]], warm_up: float
) -> tuple[float, float, float]:
    """What subtasks counted while all of them were warm and none had ended.

    Args:
        files: Lines of :class:`Marks` by subtask.
        warm_up: Share of the calls to leave out at the start, 0 to 1.

    Returns:
        Calls of all subtasks, and the times between which they happened.
    """
    spans = [steady(marks, warm_up) for marks in files]
    begin, end = max(begin for _, begin, _ in spans), min(end for _, _, end in spans)
    count = sum(count_at(marks, end) - count_at(marks, begin) for marks in files)
    return count, begin, end


def count_at(marks: Sequence[Sequence[float]], when: float) -> float:
    """The count at a time, between two marks linearly."""
    before = marks[0]
    for mark in marks:
        if mark[1] >= when:
            span = mark[1] - before[1]
            share = (when - before[1]) / span if span else 0.0
            return before[0] + (mark[0] - before[0]) * share
        before = mark
    return before[0]

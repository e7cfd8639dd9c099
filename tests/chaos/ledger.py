"""A ledger that survives whatever happens to those who write it: who made and saw which calls.

Each line is ``TIME/SINCE WORD NAME``, in golden files also ``TIME WORD NAME``. All processes of a
run write to the same file, each line in one append, so the order of the lines is the order in which
things happened.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.appended import append, read_lines

#: A call was made: the server was asked, or the function of a durable call was entered.
MADE = "made"
#: An action has seen the result of a call.
SEEN = "seen"
#: Something was made to fail; the name tells what.
FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """A line of the ledger.

    Attributes:
        at: Seconds since 1970.
        word: What happened.
        name: To which call, or what failed.
        since: When its writer's ledger came to it, in seconds since 1970.
    """

    at: float
    word: str
    name: str
    since: float


@dataclass(frozen=True)
class Ledger:
    """A ledger in a file, which need not be there yet.

    Each attempt of a job has another copy, which came to it when it began. So an entry tells which
    attempt it is of, even where one goes on for a moment beside the next.

    Args:
        path: The file.
    """

    path: str
    since: float = field(default_factory=time.time, init=False)

    def __reduce__(self) -> Any:
        return Ledger, (self.path,)

    def note(self, word: str, name: str) -> None:
        """Write a line. May be called by any thread of any process."""
        append(Path(self.path), f"{time.time():.6f}/{self.since:.6f} {word} {name}")

    def read(self) -> list[Entry]:
        """All lines that are there."""
        return [_entry(line) for line in read_lines(Path(self.path))]

    def count(self, word: str) -> int:
        """How many lines there are with this word."""
        return sum(entry.word == word for entry in self.read())


def _entry(line: str) -> Entry:
    moment, word, name = line.split(" ", 2)
    at, _, since = moment.partition("/")
    return Entry(float(at), word, name, float(since or at))


__all__ = ["FAILED", "MADE", "SEEN", "Entry", "Ledger"]

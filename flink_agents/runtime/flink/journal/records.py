"""The text of the durable journal's files.

A file is lines of ASCII text, one for each finished call: a CRC-32 in eight hexadecimal digits, the
length of what follows, and a JSON array. So a reader finds the next good line after a damaged one,
and a line that was torn off by a crash is told from one that was damaged later.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from flink_agents.engine.codec import to_text
from flink_agents.engine.state import JournalEntry
from flink_agents.runtime.durable_calls import CallPlace

#: Part of the name of each file. Raised when older code could not read what newer code writes.
FORMAT = "v1"

_LONGEST_HEAD = 32


@dataclass(frozen=True)
class FileContent:
    """What a file gave.

    Attributes:
        calls: The calls whose lines are whole, in the order they were written.
        damaged: Number of lines that cannot be read, other than one torn off at the end.
    """

    calls: list[tuple[CallPlace, JournalEntry]]
    damaged: int


def encode_call(place: CallPlace, entry: JournalEntry) -> bytes:
    """The line of a call."""
    where = [place.key, place.run, place.input, place.task]
    call = [entry.call, entry.digest, entry.attempt, entry.ok, entry.value]
    return _line(to_text([*where, *call]).encode())


def decode_file(data: bytes) -> FileContent:
    """Read a file, as far as it is whole."""
    lines = data.split(b"\n")
    # Each line ends with a line feed, so what is behind the last one is torn off, or nothing.
    lines.pop()
    read = [_read_line(line) for line in lines]
    calls = [call for call in read if call is not None]
    return FileContent(calls, len(read) - len(calls))


def _line(body: bytes) -> bytes:
    return b"%08x %d %b\n" % (zlib.crc32(body), len(body), body)


def _read_line(line: bytes) -> tuple[CallPlace, JournalEntry] | None:
    body = line[line.find(b" ", 9, _LONGEST_HEAD) + 1 :]
    if line != _line(body)[:-1]:
        return None
    try:
        key, run, origin, task, *call = json.loads(body)
        return CallPlace(key, run, origin, task), JournalEntry(*call)
    except (ValueError, TypeError):
        return None

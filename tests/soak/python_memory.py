"""What memory a Python has, as it sees that itself: written by workers, read by the soak."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.appended import append, read_lines

#: Seconds between two notes of a process.
_INTERVAL = 5.0

_noted_at = 0.0


@dataclass(frozen=True)
class PythonMemory:
    """What a Python interpreter has.

    Attributes:
        at: When, in seconds since 1970.
        blocks: Blocks of memory that its objects take.
        modules: Modules that are loaded.
        threads: Threads that it has started; those of Java that it has seen are none.
    """

    at: float
    blocks: int
    modules: int
    threads: int


def note(folder: Path) -> None:
    """Write down what this process has, if that is some time ago."""
    global _noted_at
    now = time.time()
    if now - _noted_at < _INTERVAL:
        return
    _noted_at = now
    # A thread of Java that logged something stays in the list of threads, though it has ended.
    own = [t for t in threading.enumerate() if type(t).__name__ != "_DummyThread"]
    words = (now, sys.getallocatedblocks(), len(sys.modules), len(own))
    append(folder / str(os.getpid()), " ".join(map(str, words)))


def read(folder: Path, pid: int) -> PythonMemory | None:
    """What a process has written last; None if it has not, or not lately."""
    lines = read_lines(folder / str(pid))
    if not lines:
        return None
    at, blocks, modules, threads = lines[-1].split()
    if time.time() - float(at) > 3 * _INTERVAL:
        return None
    return PythonMemory(float(at), int(blocks), int(modules), int(threads))


__all__ = ["PythonMemory", "note", "read"]

"""When what strikes, by chance, but the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.chaos.faults import Fault
from tests.soak.settings import AGENTS

#: What is done to the cluster, with seconds until the first one, and between two of them.
_STRIKES = {
    "fuse": (6, 30, 50),
    "kill": (14, 60, 90),
    "rescale": (150, 180, 300),
}
#: What strikes at the desk.
_FAULTS = ("action", "model", "write", "restore", "answer")
_FIRST_FAULT, _SHORTEST, _LONGEST = 10, 30, 60
#: Seconds at the end in which nothing strikes any more.
_CALM = 10


@dataclass(frozen=True)
class Strike:
    """Something that is done to the cluster.

    Attributes:
        at: When, in seconds since the first element was due.
        kind: ``fuse``, an action fails; ``kill``, a TaskManager is killed; ``rescale``, the job is
            stopped with a savepoint and goes on with another parallelism.
    """

    at: float
    kind: str


def strikes(seconds: float, seed: int) -> list[Strike]:
    """What is done to the cluster in a soak of that length, by time."""
    chance = random.Random(seed)
    found = [
        Strike(at, kind)
        for kind, (first, shortest, longest) in _STRIKES.items()
        for at in _moments(chance, seconds, first, shortest, longest)
    ]
    return sorted(found, key=lambda strike: strike.at)


def faults(seconds: float, per_second: float, seed: int) -> tuple[Fault, ...]:
    """What strikes at the desk in a soak of that length, with so many elements for all agents."""
    chance, kinds = random.Random(seed + 1), cycle(_FAULTS)
    moments = _moments(chance, seconds, _FIRST_FAULT, _SHORTEST, _LONGEST)
    return tuple(Fault(next(kinds), int(at * per_second / len(AGENTS))) for at in moments)


def _moments(
    chance: random.Random, seconds: float, first: float, shortest: float, longest: float
) -> Iterator[float]:
    at = first
    while at < seconds - _CALM:
        yield at
        at += chance.uniform(shortest, longest)


__all__ = ["Strike", "faults", "strikes"]

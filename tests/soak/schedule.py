"""When what strikes, by chance, but the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.chaos.faults import Fault

#: What is done to the cluster, with seconds until the first one, and between two of them.
_STRIKES = {
    "fuse": (6, 60, 100),
    "fault": (10, 25, 45),
    "kill": (14, 60, 90),
    "rescale": (150, 180, 300),
}
#: What may strike at the desk.
_FAULTS = ("action", "model", "write", "restore", "answer")
#: Elements of the desk from one such to the next, at least, and the most that there are.
_DISTANCE, _MOST_FAULTS = 20, 400
#: Seconds at the end in which nothing is planned to strike any more.
_CALM = 8


@dataclass(frozen=True)
class Strike:
    """Something that is done to the cluster.

    Attributes:
        at: When, in seconds since the first element was due.
        kind: ``fuse``, an action fails; ``fault``, one of those at the desk; ``kill``, a
            TaskManager is killed; ``rescale``, the job is stopped with a savepoint and goes on
            with another parallelism.
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


def faults(elements: int) -> tuple[Fault, ...]:
    """What may strike at the desk, all over its elements; one after the other when it is time."""
    number = max(1, min(_MOST_FAULTS, elements // _DISTANCE))
    return tuple(
        Fault(kind, at * elements // number)
        for at, kind in zip(range(number), cycle(_FAULTS), strict=False)
    )


def _moments(
    chance: random.Random, seconds: float, first: float, shortest: float, longest: float
) -> Iterator[float]:
    at = first
    while at < seconds - _CALM:
        yield at
        at += chance.uniform(shortest, longest)


__all__ = ["Strike", "faults", "strikes"]

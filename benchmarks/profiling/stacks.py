"""Samples of stacks, and what they add up to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Stack:
    """A stack that was seen.

    Attributes:
        thread: Operating system's id of its thread, or 0.
        frames: From the outermost to the innermost; empty if none is known.
        weight: How often it was seen, in whatever unit.
    """

    thread: int
    frames: tuple[str, ...]
    weight: float


def add_up(weights: Iterable[tuple[Name, float]]) -> dict[Name, float]:
    """The sum of the weights of each name, the largest first."""
    total: dict[Name, float] = {}
    for name, weight in weights:
        total[name] = total.get(name, 0.0) + weight
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def by_any_frame(stacks: Iterable[Stack]) -> dict[str, float]:
    """Weight by function, wherever in the stack it is: with what it calls."""
    return add_up((frame, stack.weight) for stack in stacks for frame in set(stack.frames))

"""Samples of stacks, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass


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


def by_innermost(stacks: Iterable[Stack], name: Callable[[Stack], str]) -> Counter[str]:
    """Weight by a name that is given to the stack as a whole."""
    total: Counter[str] = Counter()
    for stack in stacks:
        total[name(stack)] += stack.weight  # type: ignore[assignment]
    return total


def by_any_frame(stacks: Iterable[Stack]) -> Counter[str]:
    """Weight by function, wherever in the stack it is: with what it calls."""
    total: Counter[str] = Counter()
    for stack in stacks:
        for frame in set(stack.frames):
            total[frame] += stack.weight  # type: ignore[assignment]
    return total

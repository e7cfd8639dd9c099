"""Comparisons that differ in one parameter, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.comparison import Figure, Outcome, Point


@dataclass(frozen=True)
class Sweep:
    """A sweep.

    Attributes:
        title: Its title.
        axis: What is varied, with its unit.
        points: Values of that and what was measured there, in ascending order.
    """

    title: str
    axis: str
    points: tuple[tuple[Point, Outcome], ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What was looked at."""
        return self.points[0][1].comparison.figures

    @property
    def file(self) -> str:
        """Name of its plot."""
        return f"{self.points[0][0].plot}.png"


def sweeps(outcomes: Iterable[Outcome]) -> list[Sweep]:
    """The sweeps among outcomes, in the order in which their first points come.

    Of outcomes at one point, of runs of different sizes, the last one counts.
    """
    found: dict[str, dict[float, tuple[Point, Outcome]]] = {}
    for outcome in outcomes:
        point = outcome.comparison.point
        if point is not None and outcome.agent:
            found.setdefault(point.sweep, {})[point.value] = point, outcome
    swept = {title: tuple(points[it] for it in sorted(points)) for title, points in found.items()}
    return [Sweep(title, points[0][0].axis, points) for title, points in swept.items()]

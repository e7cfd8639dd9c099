"""What a benchmark consists of: sides that run in turn, figures, and bars for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

#: Runs once and returns figures by name.
Run = Callable[[], Mapping[str, float]]
#: Is told what goes on.
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Values:
    """A figure of one side, over the runs."""

    all: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return median(self.all)

    @property
    def lowest(self) -> float:
        """The lowest."""
        return min(self.all)

    @property
    def highest(self) -> float:
        """The highest."""
        return max(self.all)


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach.

    Attributes:
        text: As it is shown.
        holds: Whether the medians of the agent and of the baseline reach it.
    """

    text: str
    holds: Callable[[float, float], bool]


def at_least(limit: float, unit: str = "") -> Bar:
    """The agent reaches a value."""
    return Bar(f"≥ {limit:,g}{unit}", lambda agent, _: agent >= limit)


def at_most(limit: float, unit: str = "") -> Bar:
    """The agent stays below a value."""
    return Bar(f"≤ {limit:,g}{unit}", lambda agent, _: agent <= limit)


def share_of_baseline(share: float) -> Bar:
    """The agent reaches a share of the baseline."""
    return Bar(f"≥ {share:.0%} of baseline", lambda agent, bare: agent >= share * bare)


def above_baseline(most: float, unit: str = "") -> Bar:
    """The agent stays within a distance of the baseline."""
    return Bar(f"≤ baseline + {most:g}{unit}", lambda agent, bare: agent <= bare + most)


@dataclass(frozen=True)
class Figure:
    """A figure that the sides return.

    Attributes:
        name: Its key in what the sides return.
        label: What it is, with its unit.
        digits: Decimals to show.
        bars: What it has to reach.
        plotted: Whether a sweep draws it.
        peer: The same of the best-known peer, as it was published, or None.
    """

    name: str
    label: str
    digits: int = 0
    bars: tuple[Bar, ...] = ()
    plotted: bool = False
    peer: str | None = None


@dataclass(frozen=True)
class Point:
    """Where a comparison stands on the axis of a sweep.

    Attributes:
        sweep: Title of the sweep; its comparisons share it.
        axis: What is varied, with its unit.
        value: Of that.
        plot: Name of the sweep's plot, without the suffix.
    """

    sweep: str
    axis: str
    value: float
    plot: str


@dataclass(frozen=True)
class Comparison:
    """An agent, and a baseline that does the same without.

    Attributes:
        title: What is compared.
        figures: What is looked at.
        agent: Runs the agent once.
        baseline: Runs the baseline once; None if there is nothing to compare with.
        point: Its place in a sweep, if it belongs to one.
    """

    title: str
    figures: tuple[Figure, ...]
    agent: Run
    baseline: Run | None = None
    point: Point | None = None


@dataclass
class Outcome:
    """A comparison that was run.

    Attributes:
        comparison: What was compared.
        agent: The agent's figures, by run.
        baseline: Those of the baseline.
        seconds: What all of its runs took, start and end of their processes included.
    """

    comparison: Comparison
    agent: list[Mapping[str, float]] = field(default_factory=list)
    baseline: list[Mapping[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def has(self, runs: int) -> bool:
        """Whether both sides have run so often."""
        sides = [self.agent] if self.comparison.baseline is None else [self.agent, self.baseline]
        return all(len(side) >= runs for side in sides)


def values(runs: Sequence[Mapping[str, float]], name: str) -> Values | None:
    """A figure over the runs, or None if the side does not have it."""
    found = tuple(run[name] for run in runs if name in run)
    return Values(found) if found else None


def compare(
    outcome: Outcome, runs: int, progress: Progress, keep: Callable[[], None] = lambda: None
) -> None:
    """Run both sides in turn, until each has run so often: what else the machine does meets both.

    Args:
        outcome: What to run; gets the figures. Runs that it has already are not repeated.
        runs: How often each side runs.
        progress: Told of each run.
        keep: Called after each run, so that it survives what comes then.
    """
    comparison = outcome.comparison
    for number in range(1, runs + 1):
        for side, run, results in (
            ("agent", comparison.agent, outcome.agent),
            ("baseline", comparison.baseline, outcome.baseline),
        ):
            if run is None or len(results) >= number:
                continue
            begin = time.monotonic()
            result = run()
            outcome.seconds += time.monotonic() - begin
            results.append(result)
            keep()
            shown = ", ".join(
                f"{figure.label} {result[figure.name]:,.{figure.digits}f}"
                for figure in comparison.figures
                if figure.name in result
            )
            progress(f"  {comparison.title}, run {number}/{runs}, {side}: {shown}")

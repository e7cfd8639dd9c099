"""Whether memory is flat: series of samples, what they grow by, and the rule that judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

#: Seconds at the begin of a process, and the share of its life, in which it may grow: code is
#: loaded and compiled, pools fill.
WARM_UP, WARM_UP_SHARE = 120.0, 0.2
#: Seconds after that which a process must live to be judged.
JUDGED_AFTER = 300.0
#: Growth from the first third to the last that still counts as flat.
FLAT = 0.05
#: Threads and files are few and counted: by so many more one third differs from another. What is
#: kept at each restart of the job adds up to more.
FEW = 4

RULE = (
    f"The first {WARM_UP:.0f} s of a process, or {WARM_UP_SHARE:.0%} of its life if that is more, "
    f"are left out. What has {JUDGED_AFTER:.0f} s after that is judged: it is flat if the median "
    f"of the last third is less than {FLAT:.0%} above that of the first third. The slope is that "
    "of the least squares. Of what comes and goes with the job (the heap's objects, threads, open "
    f"files) the lowest values of the thirds are compared; {FEW} threads or files more are none. "
    f"What grew from third to third but climbs by less than {FLAT:.0%} by its slope is flat, too: "
    "the load of the moment differs."
)


@dataclass(frozen=True)
class Growth:
    """How a figure went, after the warm-up.

    Attributes:
        first: Median of the first third, or its lowest value.
        last: The same of the last third.
        slope: Growth in an hour, by least squares.
        seconds: How long it was looked at.
        slack: Growth that is none, in the figure's unit.
    """

    first: float
    last: float
    slope: float
    seconds: float
    slack: float = 0.0

    @property
    def share(self) -> float:
        """Growth from the first third to the last, as a share of the first."""
        return self.last / self.first - 1 if self.first else 0.0

    @property
    def is_judged(self) -> bool:
        """Whether it was looked at for long enough."""
        return self.seconds >= JUDGED_AFTER

    @property
    def is_flat(self) -> bool:
        """Whether it did not grow by more than it may; also if it cannot be judged."""
        grown = self.share >= FLAT and self.last - self.first > self.slack
        climbs = self.slope * self.seconds / 3600 >= FLAT * self.first
        return not (self.is_judged and grown and climbs)


def growth(
    points: Sequence[tuple[float, float]], lowest: bool = False, slack: float = 0.0
) -> Growth | None:
    """How a figure went.

    Args:
        points: Pairs of time, in seconds, and value, by time; from the begin of the process on.
        lowest: Compare the lowest values of the thirds, not the medians.
        slack: Growth that is none, in the figure's unit.

    Returns:
        None if there is nothing after the warm-up.
    """
    if not points:
        return None
    begin, end = points[0][0], points[-1][0]
    warm = begin + max(WARM_UP, (end - begin) * WARM_UP_SHARE)
    rest = [(at, value) for at, value in points if at >= warm]
    if len(rest) < 3:
        return None
    begin, third = rest[0][0], (end - rest[0][0]) / 3
    of_third = min if lowest else median
    first = of_third([value for at, value in rest if at <= begin + third])
    last = of_third([value for at, value in rest if at >= end - third])
    slope = linear_regression([at for at, _ in rest], [value for _, value in rest]).slope
    return Growth(first, last, slope * 3600, end - begin, slack)


__all__ = ["FEW", "FLAT", "JUDGED_AFTER", "RULE", "WARM_UP", "Growth", "growth"]

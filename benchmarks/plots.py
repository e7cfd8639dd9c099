"""Plots of sweeps: the agent beside its baseline, medians with the lowest and the highest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparison import Figure, values
from benchmarks.sweeps import Sweep

_DPI = 90
_SIDES = (("agent", "#1f5fa8", "o-"), ("baseline", "#9a9a9a", "s--"))


def plot(sweeps: Iterable[Sweep], folder: Path) -> list[Path]:
    """Draw each sweep that has two points and more as a PNG file.

    Args:
        sweeps: What to draw.
        folder: For the files.
    """
    # Not at the top: the jobs of the benchmarks need no matplotlib.
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    files: list[Path] = []
    for sweep in sweeps:
        if len(sweep.points) < 2:
            continue
        figures = [figure for figure in sweep.figures if figure.plotted] or [sweep.figures[0]]
        size = (4.4 * len(figures) + 1.2, 3.4)
        canvas, axes = pyplot.subplots(1, len(figures), figsize=size, squeeze=False)
        for axis, figure in zip(axes[0], figures, strict=True):
            _draw(axis, sweep, figure)
        canvas.suptitle(sweep.title, fontsize=11)
        canvas.tight_layout()
        files.append(folder / sweep.file)
        canvas.savefig(files[-1], dpi=_DPI, metadata={"Software": None})
        pyplot.close(canvas)
    return files


def _draw(axis: Any, sweep: Sweep, figure: Figure) -> None:
    from matplotlib.ticker import FuncFormatter

    # Places, not values: points lie far apart, and 0 may be among them.
    places = list(range(len(sweep.points)))
    for side, color, style in _SIDES:
        drawn = [
            (place, found)
            for place, (_, outcome) in zip(places, sweep.points, strict=True)
            if (found := values(getattr(outcome, side), figure.name)) is not None
        ]
        if not drawn:
            continue
        at, found = [place for place, _ in drawn], [it for _, it in drawn]
        middle = [it.median for it in found]
        spread = [
            [it.median - it.lowest for it in found],
            [it.highest - it.median for it in found],
        ]
        axis.errorbar(
            at, middle, yerr=spread, fmt=style, color=color, label=side, capsize=3, markersize=5
        )
    axis.set_xticks(places, [f"{point.value:,g}" for point, _ in sweep.points])
    axis.set_xlim(-0.3, len(places) - 0.7)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(sweep.axis)
    axis.set_ylabel(figure.label)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.grid(axis="y", alpha=0.3)
    axis.legend(frameon=False, fontsize=8)

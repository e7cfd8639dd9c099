"""The benchmarks as a list: what results and reports rely on."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import NAMES, SIZES
from benchmarks.comparison import Outcome
from benchmarks.results import comparisons
from benchmarks.sweeps import sweeps

SCALES = [scale for scale, _ in SIZES.values()]


@pytest.mark.parametrize("scale", SCALES)
def test_each_comparison_of_a_benchmark_has_a_title_of_its_own(scale: float) -> None:
    for name in NAMES:
        titles = [comparison.title for comparison in comparisons(name, scale)]
        assert titles
        assert len(titles) == len(set(titles)), name


@pytest.mark.parametrize("scale", SCALES)
def test_sweeps_have_points_apart_and_plots_of_their_own(scale: float) -> None:
    outcomes = [
        Outcome(it, agent=[{"rate": 1.0}]) for name in NAMES for it in comparisons(name, scale)
    ]
    found = sweeps(outcomes)
    assert len(found) == 8
    assert len({sweep.file for sweep in found}) == len(found)
    for sweep in found:
        values = [point.value for point, _ in sweep.points]
        assert len(values) >= 2
        assert values == sorted(set(values))
        assert {outcome.comparison.figures for _, outcome in sweep.points} == {sweep.figures}

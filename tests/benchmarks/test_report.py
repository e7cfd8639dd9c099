"""What the benchmarks say of figures, sweeps and bars, and what they keep of a run that was cut."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import results as results_module
from benchmarks.comparison import (
    Comparison,
    Figure,
    Outcome,
    Point,
    at_least,
    compare,
    share_of_baseline,
)
from benchmarks.expected import Expected
from benchmarks.marks import steady_together
from benchmarks.plots import plot
from benchmarks.report import missed, report
from benchmarks.results import Measured, Results, load
from benchmarks.sweeps import sweeps

RATE = Figure("rate", "records/s", bars=(at_least(100), share_of_baseline(0.5)))


class Side:
    """Gives rates one after another, then fails; counts its runs."""

    def __init__(self, *rates: float) -> None:
        self.rates = list(rates)
        self.runs = 0

    def __call__(self) -> dict[str, float]:
        self.runs += 1
        return {"rate": self.rates.pop(0)}


def outcome(agent: list[float], baseline: list[float], point: Point | None = None) -> Outcome:
    comparison = Comparison("a job", (RATE,), Side(), Side() if baseline else None, point)
    return Outcome(comparison, [{"rate": r} for r in agent], [{"rate": r} for r in baseline])


def results(*outcomes: Outcome) -> Results:
    found = Results({"machine": "a small one"})
    for number, it in enumerate(outcomes):
        measured = Measured("case", 1.0, it, "2026-01-02 03:04 UTC", "abc1234", 0.5)
        found.measured["case", float(number), it.comparison.title] = measured
    return found


def sweep_of(*values: float) -> list[Outcome]:
    return [
        outcome([10 * v, 11 * v, 12 * v], [20 * v], Point("By keys", "keys", v, "keys"))
        for v in values
    ]


def test_a_row_has_the_median_with_lowest_and_highest_the_ratio_and_whether_bars_are_met() -> None:
    text = report(results(outcome([90, 120, 110], [200, 210, 400])))
    row = "| a job: records/s | 110 (90 to 120) | 210 (200 to 400) | 52% | "
    assert f"{row}≥ 100; ≥ 50% of baseline | yes; yes |" in text


def test_a_bar_that_is_not_reached_is_told() -> None:
    found = results(outcome([40], [50]))
    assert "| ≥ 100; ≥ 50% of baseline | **no**; yes |" in report(found)
    assert missed(found.measured.values()) == ["a job, records/s: ≥ 100"]


def test_a_failure_is_told_and_has_no_bars() -> None:
    failed = Measured("case", 1.0, outcome([], []), failure="JobFailedError: out of memory")
    found = Results({}, {failed.key: failed})
    assert "* a job: JobFailedError: out of memory" in report(found)
    assert missed(found.measured.values()) == ["a job failed: JobFailedError: out of memory"]


def test_points_of_a_sweep_stand_in_one_table_in_ascending_order() -> None:
    text = report(results(*sweep_of(10_000, 100)), plots=True)
    table = text[text.index("## By keys") :]
    assert table.index("| 100 | 1,100 (1,000 to 1,200) |") < table.index("| 10,000 | 110,000")
    assert "![By keys](keys.png)" in table


def test_figures_of_the_peer_stand_beside_ours() -> None:
    it = outcome([110], [210])
    figures = (replace(RATE, peer="4,150"),)
    it.comparison = replace(it.comparison, figures=figures)
    assert "| a job: records/s | 110 | 4,150 |" in report(results(it))
    assert "peer" not in report(results(outcome([110], [210])))


def test_each_sweep_is_drawn_as_a_small_image_that_changes_with_the_figures(tmp_path: Path) -> None:
    (file,) = plot(sweeps(sweep_of(100, 10_000)), tmp_path)
    drawn = file.read_bytes()
    width, height = struct.unpack(">II", drawn[16:24])
    assert width > 300 and height > 200
    assert len(drawn) < 60_000
    (file,) = plot(sweeps(sweep_of(100, 20_000)), tmp_path)
    assert file.read_bytes() != drawn


def test_of_two_outcomes_at_one_point_the_last_one_counts() -> None:
    first, second, other = *sweep_of(100, 200), *sweep_of(100)
    other.agent = [{"rate": 7.0}]
    (sweep,) = sweeps([first, second, other])
    assert [outcome for _, outcome in sweep.points] == [other, second]


def test_a_sweep_of_one_point_is_not_drawn(tmp_path: Path) -> None:
    assert plot(sweeps(sweep_of(100)), tmp_path) == []


def test_sides_run_in_turn_and_each_run_is_kept_at_once() -> None:
    agent, baseline = Side(1, 2), Side(3, 4)
    it = Outcome(Comparison("a job", (RATE,), agent, baseline))
    kept: list[tuple[int, int]] = []
    compare(it, 2, lambda _: None, lambda: kept.append((len(it.agent), len(it.baseline))))
    assert kept == [(1, 0), (1, 1), (2, 1), (2, 2)]


def test_a_run_that_was_cut_goes_on_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, baseline = Side(1, 2, 3), Side(4)
    comparison = Comparison("a job", (RATE,), agent, baseline)

    def comparisons(case: str, scale: float) -> Iterator[Comparison]:
        yield comparison

    monkeypatch.setattr(results_module, "comparisons", comparisons)
    file = tmp_path / "results.json"
    measured = Measured("case", 0.5, Outcome(comparison), commit="abc1234")
    before = Results({"Python": "3"}, {measured.key: measured})
    with pytest.raises(IndexError):
        compare(measured.outcome, 3, lambda _: None, lambda: before.save(file))

    after = load(file, ("case",))
    again = after.measured["case", 0.5, "a job"]
    assert after.machine == {"Python": "3"}
    assert (again.commit, again.outcome.agent) == ("abc1234", [{"rate": 1}, {"rate": 2}])
    assert not again.outcome.has(2)
    baseline.rates += [5, 6]
    compare(again.outcome, 3, lambda _: None)
    assert [run["rate"] for run in again.outcome.agent] == [1, 2, 3]
    assert [run["rate"] for run in again.outcome.baseline] == [4, 5, 6]
    assert agent.runs == 3
    assert again.outcome.has(3)


def test_what_no_benchmark_measures_any_more_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_module, "comparisons", lambda case, scale: iter(()))
    file = tmp_path / "results.json"
    results(outcome([1], [2])).save(file)
    assert load(file, ("case",)).measured == {}


def test_results_of_another_version_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text('{"version": 0}')
    with pytest.raises(ValueError, match="measure anew"):
        load(file, ("case",))


def test_the_rest_is_expected_from_earlier_runs_and_from_those_that_are_over() -> None:
    expected = Expected([10.0, None, 30.0], runs=2)
    assert expected.rest() == 2 * (10 + 20 + 30)
    expected.done(0)
    assert expected.rest() == pytest.approx(2 * (15 + 30), abs=1)


def test_subtasks_are_counted_while_all_of_them_are_warm_and_none_has_ended() -> None:
    early = [[1, 0.0], [50, 5.0], [100, 10.0]]
    late = [[1, 4.0], [50, 6.0], [100, 8.0]]
    count, begin, end = steady_together([early, late], warm_up=0.5)
    assert (begin, end) == (6.0, 8.0)
    assert count == pytest.approx(20 + 50)

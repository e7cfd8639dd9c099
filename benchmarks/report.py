"""The report: what was measured, where, and whether it reaches its bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.comparison import Figure, Outcome, Values, values


def report(machine: Mapping[str, str], outcomes: Sequence[Outcome], runs: int) -> str:
    """The report as Markdown.

    Args:
        machine: What it ran on.
        outcomes: What was measured.
        runs: Runs of each side.
    """
    lines = ["# Benchmarks", ""]
    lines += [f"* {name}: {value}" for name, value in machine.items()]
    lines += [
        "",
        f"Median of {runs} run(s), with the lowest and the highest in brackets; agent and baseline "
        "ran in turn, each time in processes of their own.",
        "",
        "| what | agent | baseline | agent / baseline | bar | met |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row for outcome in outcomes for row in _rows(outcome)]
    return "\n".join([*lines, ""])


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """The bars that were not reached."""
    return [
        f"{outcome.comparison.title}, {figure.label}: {bar.text}"
        for outcome in outcomes
        for figure in outcome.comparison.figures
        for bar in figure.bars
        if not bar.holds(*_medians(outcome, figure))
    ]


def _rows(outcome: Outcome) -> Iterator[str]:
    for figure in outcome.comparison.figures:
        agent = values(outcome.agent, figure.name)
        baseline = values(outcome.baseline, figure.name)
        ratio = ""
        if agent is not None and baseline is not None and baseline.median:
            ratio = f"{agent.median / baseline.median:.0%}"
        medians = _medians(outcome, figure)
        cells = [
            f"{outcome.comparison.title}: {figure.label}",
            _shown(agent, figure),
            _shown(baseline, figure),
            ratio,
            "; ".join(bar.text for bar in figure.bars),
            "; ".join("yes" if bar.holds(*medians) else "**no**" for bar in figure.bars),
        ]
        yield f"| {' | '.join(cells)} |"


def _medians(outcome: Outcome, figure: Figure) -> tuple[float, float]:
    found = [values(side, figure.name) for side in (outcome.agent, outcome.baseline)]
    agent, baseline = [value.median if value is not None else float("nan") for value in found]
    return agent, baseline


def _shown(found: Values | None, figure: Figure) -> str:
    if found is None:
        return ""
    middle, low, high = (
        f"{value:,.{figure.digits}f}" for value in (found.median, found.lowest, found.highest)
    )
    return f"{middle} ({low} to {high})" if len(found.all) > 1 else middle

"""The report: what was measured, where, and whether it reaches its bar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.comparison import Figure, Outcome, Values, values
from benchmarks.results import Measured, Results
from benchmarks.sweeps import Sweep, sweeps

_HEAD = ("| what | agent | baseline | agent / baseline |", "|---|---:|---:|---:|")


def report(results: Results, plots: bool = False) -> str:
    """The report as Markdown.

    Args:
        results: What was measured.
        plots: Whether the plots of the sweeps lie beside the report.
    """
    measured = list(results.measured.values())
    outcomes = [it.outcome for it in measured]
    lines = ["# Benchmarks", "", *_about(results), ""]
    lines += _bars(measured)
    lines += _peer(outcomes)
    for sweep in sweeps(outcomes):
        lines += _sweep(sweep, plots)
    lines += _others(measured)
    return "\n".join(lines)


def missed(measured: Iterable[Measured]) -> list[str]:
    """The bars that were not reached, and what failed."""
    found: list[str] = []
    for it in measured:
        if it.failure:
            found.append(f"{it.title} failed: {it.failure}")
        found += [
            f"{it.title}, {figure.label}: {bar.text}"
            for figure in it.outcome.comparison.figures
            for bar in figure.bars
            if it.outcome.agent and not bar.holds(*_medians(it.outcome, figure))
        ]
    return found


def _about(results: Results) -> Iterator[str]:
    measured = list(results.measured.values())
    for name, value in results.machine.items():
        yield f"* {name}: {value}"
    for name, texts in (
        ("measured", [it.date for it in measured if it.date]),
        ("commit", [it.commit for it in measured if it.commit]),
        ("runs of each side", [str(len(it.outcome.agent)) for it in measured if it.outcome.agent]),
        ("size of the runs", [f"{it.scale:g}" for it in measured]),
    ):
        if different := sorted(set(texts)):
            between = " to " if name == "measured" else ", "
            ends = [different[0], different[-1]] if name == "measured" else different
            yield f"* {name}: {between.join(dict.fromkeys(ends))}"
    if measured:
        loads = [it.load for it in measured]
        yield f"* load average before the runs: {min(loads):.1f} to {max(loads):.1f}"
    yield ""
    yield (
        "Figures are medians of the runs, with the lowest and the highest in brackets; agent and "
        "baseline ran in turn, each time in processes of their own. How it is measured, and how to "
        "read it: [benchmarks/README.md](../../benchmarks/README.md)."
    )


def _bars(measured: Sequence[Measured]) -> Iterator[str]:
    rows = [
        [
            *_cells(it.outcome, figure),
            "; ".join(bar.text for bar in figure.bars),
            "; ".join(
                "yes" if bar.holds(*_medians(it.outcome, figure)) else "**no**"
                for bar in figure.bars
            ),
        ]
        for it in measured
        for figure in it.outcome.comparison.figures
        if figure.bars and it.outcome.agent
    ]
    yield from ("## Bars", "")
    if rows:
        yield f"{_HEAD[0]} bar | met |"
        yield f"{_HEAD[1]}---|---|"
        yield from (f"| {' | '.join(row)} |" for row in rows)
        yield ""
    failed = [it for it in measured if it.failure]
    if failed:
        yield from ("Failed:", "")
        yield from (f"* {it.title}: {it.failure}" for it in failed)
        yield ""


def _peer(outcomes: Sequence[Outcome]) -> Iterator[str]:
    rows = [
        (outcome, figure, found)
        for outcome in outcomes
        for figure in outcome.comparison.figures
        if figure.peer is not None and (found := values(outcome.agent, figure.name)) is not None
    ]
    if not rows:
        return
    yield from ("## Beside figures published for the best-known peer", "")
    yield (
        "The peer's were measured elsewhere, not by this program: on a quiet machine with two "
        "cores, with Flink 2.3, medians. The settings are the same; the machines are not."
    )
    yield ""
    yield "| what | here | peer, measured elsewhere |"
    yield "|---|---:|---:|"
    for outcome, figure, found in rows:
        yield f"| {_what(outcome, figure)} | {_shown(found, figure)} | {figure.peer} |"
    yield ""


def _sweep(sweep: Sweep, plots: bool) -> Iterator[str]:
    yield from (f"## {sweep.title}", "")
    if plots and len(sweep.points) > 1:
        yield from (f"![{sweep.title}]({sweep.file})", "")
    for figure in sweep.figures:
        yield f"| {sweep.axis} | agent: {figure.label} | baseline | agent / baseline |"
        yield "|---:|---:|---:|---:|"
        for point, outcome in sweep.points:
            _, *cells = _cells(outcome, figure)
            yield f"| {point.value:,g} | {' | '.join(cells)} |"
        yield ""


def _others(measured: Sequence[Measured]) -> Iterator[str]:
    last = ""
    for it in measured:
        if it.outcome.comparison.point is not None or not it.outcome.agent:
            continue
        if it.case != last:
            if last:
                yield ""
            yield from (f"## {it.case}", "", *_HEAD)
            last = it.case
        for figure in it.outcome.comparison.figures:
            yield f"| {' | '.join(_cells(it.outcome, figure))} |"
    yield ""


def _cells(outcome: Outcome, figure: Figure) -> list[str]:
    agent = values(outcome.agent, figure.name)
    baseline = values(outcome.baseline, figure.name)
    ratio = ""
    if agent is not None and baseline is not None and baseline.median:
        ratio = f"{agent.median / baseline.median:.0%}"
    return [_what(outcome, figure), _shown(agent, figure), _shown(baseline, figure), ratio]


def _what(outcome: Outcome, figure: Figure) -> str:
    return f"{outcome.comparison.title}: {figure.label}"


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

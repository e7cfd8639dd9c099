"""The report of a soak, as Markdown, and whether it is clean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import median

from tests.soak.memory import JUDGED_AFTER, RULE, WARM_UP
from tests.soak.sampler import FIGURES, ONLY_TOLD, UNHARMED
from tests.soak.soak import Soaked


def problems(soaked: Soaked) -> list[str]:
    """All that is not as it should be."""
    grown = [
        f"{series.name}: {figure} grew by {found.share:.1%}"
        for series in soaked.series
        for figure in FIGURES
        if (found := series.growth(figure)) is not None
        and not found.is_flat
        and (series.name, figure) not in ONLY_TOLD
    ]
    return [*soaked.findings.problems, *grown, *_not_judged(soaked)]


def _not_judged(soaked: Soaked) -> Iterator[str]:
    """What a soak that is long enough has to judge, and could not."""
    if soaked.options.minutes * 60 < WARM_UP + JUDGED_AFTER:
        return
    for series in soaked.series:
        if series.name == UNHARMED:
            for figure in ("resident memory", "Java heap after GC"):
                found = series.growth(figure)
                if found is None or not found.is_judged:
                    yield f"{series.name}: {figure} could not be judged; is there a jcmd?"


def report(machine: Mapping[str, str], soaked: Soaked) -> str:
    """The report.

    Args:
        machine: What it ran on.
        soaked: What came out.
    """
    options, wrong = soaked.options, problems(soaked)
    lines = ["# Soak", ""]
    lines += [f"* {name}: {value}" for name, value in machine.items()]
    lines += [
        f"* {options.minutes:g} minutes of {options.per_second:g} elements/s, seed {options.seed}, "
        f"{options.mode} mode; {soaked.seconds:.0f} s in all",
        "",
        "**Clean**" if not wrong else "**Not clean**",
        *(f"* {problem}" for problem in wrong),
        "",
        "## Elements",
        "",
        "| agent | elements | lost | duplicated | out of order | wrong | finished calls repeated "
        "| of those finished since the checkpoint |",
        "|---|---|---|---|---|---|---|---|",
        *_verdicts(soaked),
        "",
        "## Faults",
        "",
        "| what | times |",
        "|---|---|",
        *(f"| {what} | {times} |" for what, times in soaked.faults.items()),
        f"| the job went back to a checkpoint or savepoint | {soaked.restores} |",
        "",
        "| after | times | seconds until actions went on: median | longest |",
        "|---|---|---|---|",
        *_recoveries(soaked),
        "",
        f"Checkpoints: {soaked.checkpoints.completed} completed, {soaked.checkpoints.failed} "
        f"failed or given up with their attempt; the longest of the recent ones "
        f"{soaked.checkpoints.longest:.1f} s, state {soaked.checkpoints.size / 2**20:.1f} MiB.",
        "",
        "## Memory",
        "",
        RULE,
        "",
        "| process | figure | first third | last third | growth | slope per hour | flat |",
        "|---|---|---|---|---|---|---|",
        *_growths(soaked),
    ]
    return "\n".join([*lines, ""])


def _verdicts(soaked: Soaked) -> Iterator[str]:
    for agent, verdict in soaked.findings.verdicts.items():
        repeated = verdict.repeated_finished, verdict.repeated_since_checkpoint
        cells = [agent, verdict.orders, verdict.lost, verdict.duplicated, verdict.out_of_order]
        yield f"| {' | '.join(map(str, [*cells, verdict.wrong, *repeated]))} |"


def _recoveries(soaked: Soaked) -> Iterator[str]:
    seconds: dict[str, list[float]] = defaultdict(list)
    for recovery in soaked.recoveries:
        seconds[recovery.kind].append(recovery.seconds)
    for kind, times in sorted(seconds.items()):
        yield f"| {kind} | {len(times)} | {median(times):.1f} | {max(times):.1f} |"


def _growths(soaked: Soaked) -> Iterator[str]:
    for series in soaked.series:
        for figure, unit in FIGURES.items():
            found = series.growth(figure)
            if found is None:
                continue
            judged = ("yes" if found.is_flat else "**no**") if found.is_judged else "not judged"
            if why := ONLY_TOLD.get((series.name, figure)):
                judged = f"not judged: {why}"
            first, last = (f"{value:,.1f} {unit}".strip() for value in (found.first, found.last))
            yield (
                f"| {series.name} | {figure} | {first} | {last} | {found.share:+.1%} "
                f"| {found.slope:+,.1f} | {judged} |"
            )


__all__ = ["problems", "report"]

"""Runs the benchmarks and writes a report: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.comparison import Outcome, compare
from benchmarks.expected import Expected
from benchmarks.machine import commit, machine
from benchmarks.plots import plot
from benchmarks.report import missed, report
from benchmarks.results import Measured, Results, comparisons, load
from benchmarks.sweeps import sweeps

NAMES = (
    "no_model",
    "peer",
    "java_agent",
    "local",
    "model_calls",
    "durable_journal",
    "providers",
    "latency",
    "tools",
    "checkpoint",
    "recovery",
    "start",
    "memory",
    "idle",
    "bridge",
    "parallelism",
    "by_keys",
    "by_memory_size",
    "by_record_size",
    "by_in_flight",
    "by_state",
    "sizing",
)
#: Multiplies the sizes of the runs; and how often each side runs.
SIZES = {"full": (1.0, 5), "middle": (0.5, 3), "quick": (0.1, 1)}
REPORT = "report.md"
RESULTS = "results.json"


def main() -> int:
    """Run what was asked for; the exit code tells whether all bars were reached."""
    arguments = _arguments()
    # Ended from outside, it ends its jobs too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    output: Path | None = arguments.output
    folder = output if output is not None and output.suffix != ".md" else None
    file = folder / RESULTS if folder is not None else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    results = load(file, NAMES) if file is not None else Results()
    if not arguments.redraw:
        results = _run(arguments, results, file)
    text = report(results, plots=folder is not None)
    if folder is not None:
        plot(sweeps(it.outcome for it in results.measured.values()), folder)
        output = folder / REPORT
    if output is not None:
        output.write_text(text)
        _say(f"written to {output}")
    print(text)
    bad = missed(results.measured.values())
    for bar in bad:
        _say(f"not reached: {bar}")
    return 1 if bad else 0


def _run(arguments: argparse.Namespace, results: Results, file: Path | None) -> Results:
    """Run what was asked for; what the results have besides is kept."""
    results.machine = machine()
    for name, value in results.machine.items():
        _say(f"{name}: {value}")
    scale, runs = arguments.scale, arguments.runs
    planned: list[Measured] = []
    for name in arguments.names or NAMES:
        for comparison in comparisons(name, scale):
            if not arguments.match.search(comparison.title):
                continue
            new = Measured(name, scale, Outcome(comparison))
            old = results.measured.get(new.key)
            if old is None or not arguments.only_missing:
                old = new
            if not old.outcome.has(runs):
                planned.append(old)
    expected = Expected([results.seconds_per_run(it.case, it.title) for it in planned], runs)
    for number, measured in enumerate(planned):
        _say(f"{measured.case}: {measured.title} ({expected})")
        results.measured[measured.key] = measured
        measured.date = measured.date or datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        measured.commit, measured.load, measured.failure = commit(), os.getloadavg()[0], ""
        try:
            compare(measured.outcome, runs, _say, lambda: _keep(results, file))
        except Exception as error:  # the others are worth having without it
            measured.failure = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            _say(f"  failed: {error}")
            _keep(results, file)
        expected.done(number)
    order = {name: place for place, name in enumerate(NAMES)}
    in_order = sorted(results.measured.values(), key=lambda it: (order[it.case], it.scale))
    return Results(results.machine, {it.key: it for it in in_order})


def _keep(results: Results, file: Path | None) -> None:
    if file is not None:
        results.save(file)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument(
        "--match", type=re.compile, default="", help="only what has this pattern in its title"
    )
    sizes = ", ".join(f"{n}: {s:g}, {r} run(s)" for n, (s, r) in SIZES.items())
    parser.add_argument(
        "--size", choices=SIZES, default="full", help=f"of the runs, and how many: {sizes}"
    )
    parser.add_argument("--quick", action="store_true", help="the same as --size quick")
    parser.add_argument("--scale", type=float, help="multiplies the sizes, instead of --size")
    parser.add_argument("--runs", type=int, help="of each side, instead of those of the size")
    parser.add_argument(
        "--output",
        type=Path,
        help=f"a folder for {REPORT}, plots and {RESULTS}, which keeps what was measured before; "
        "or a file ending in .md for the report alone",
    )
    parser.add_argument(
        "--only-missing",
        action="store_true",
        help=f"leave out runs that {RESULTS} has already with these sizes: go on after a break",
    )
    parser.add_argument(
        "--redraw", action="store_true", help=f"measure nothing: report and plots of {RESULTS}"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    if arguments.redraw or arguments.only_missing:
        output = arguments.output
        if output is None or output.suffix == ".md":
            parser.error(f"--redraw and --only-missing need --output, the folder of {RESULTS}")
    scale, runs = SIZES["quick" if arguments.quick else arguments.size]
    arguments.scale = scale if arguments.scale is None else arguments.scale
    arguments.runs = arguments.runs or runs
    return arguments


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

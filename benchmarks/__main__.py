"""Runs the benchmarks and writes a report: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from benchmarks.comparison import Outcome, compare
from benchmarks.machine import machine
from benchmarks.report import missed, report

NAMES = (
    "no_model",
    "java_agent",
    "local",
    "model_calls",
    "durable_journal",
    "providers",
    "latency",
    "tools",
    "checkpoint",
    "start",
    "memory",
    "idle",
    "bridge",
    "sizing",
)
QUICK_SCALE = 0.2


def main() -> int:
    """Run what was asked for; the exit code tells whether all bars were reached."""
    arguments = _arguments()
    where = machine()
    for name, value in where.items():
        _say(f"{name}: {value}")
    outcomes: list[Outcome] = []
    begin = time.monotonic()
    for name in arguments.names or NAMES:
        cases = importlib.import_module(f"benchmarks.cases.{name}")
        for comparison in cases.comparisons(QUICK_SCALE if arguments.quick else 1.0):
            _say(f"{name}: {comparison.title} ({time.monotonic() - begin:.0f} s)")
            outcomes.append(compare(comparison, arguments.runs, _say))
    text = report(where, outcomes, arguments.runs)
    if arguments.output:
        arguments.output.write_text(text)
        _say(f"written to {arguments.output}")
    print(text)
    for bar in missed(outcomes):
        _say(f"not reached: {bar}")
    return 1 if missed(outcomes) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="a fifth of the size, one run")
    parser.add_argument("--runs", type=int, help="of each side; default 5, or 1 with --quick")
    parser.add_argument("--output", type=Path, help="file for the report")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    arguments.runs = arguments.runs or (1 if arguments.quick else 5)
    return arguments


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

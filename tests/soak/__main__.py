"""Runs a soak: ``python -m tests.soak --minutes 10``."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.machine import machine
from tests.soak.report import problems, report
from tests.soak.soak import SoakOptions, soak


def main() -> int:
    """Run it and report; gives 0 if it is clean, else 1."""
    default = SoakOptions()
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=default.minutes)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--rate", type=float, default=default.per_second, help="elements/s")
    parser.add_argument("--mode", choices=("thread", "process"), default=default.mode)
    parser.add_argument("--report", type=Path, help="file for the report; default: standard output")
    given = parser.parse_args()
    # Whatever ends it, all processes are ended and all files removed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    about = machine()
    try:
        soaked = soak(SoakOptions(given.minutes, given.seed, given.rate, given.mode), _say)
    except KeyboardInterrupt:
        _say("interrupted; all processes have been ended")
        return 130
    text = report(about, soaked)
    if given.report:
        given.report.write_text(text)
    else:
        print(text)
    wrong = problems(soaked)
    for problem in wrong:
        _say(f"NOT CLEAN: {problem}")
    return 1 if wrong else 0


def _say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

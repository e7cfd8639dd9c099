"""What the doctor found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from flink_agents import __version__
from flink_agents.cli.doctor.check import Check

TITLES = {"client": "This machine", "cluster": "Cluster", "worker": "Workers"}
_NAME = 24


def line(check: Check) -> str:
    """A result for people; what to do is on a line of its own."""
    first = f"  {check.status:8} {check.name:{_NAME}} {_one_line(check.found)}"
    if not check.remedy:
        return first
    return f"{first}\n  {'':8} {'':{_NAME}} -> {_one_line(check.remedy)}"


def summary(checks: Sequence[Check]) -> str:
    """The last line for people."""
    problems, warnings = count(checks, "problem"), count(checks, "warning")
    if problems:
        return f"{_number(problems, 'problem')}, {_number(warnings, 'warning')}."
    return f"No problem, {_number(warnings, 'warning')}."


def document(checks: Sequence[Check]) -> str:
    """All of it as JSON, for programs."""
    return json.dumps(
        {
            "version": __version__,
            "problems": count(checks, "problem"),
            "warnings": count(checks, "warning"),
            "checks": [asdict(check) for check in checks],
        },
        indent=2,
    )


def count(checks: Sequence[Check], status: str) -> int:
    """How many have this status."""
    return sum(check.status == status for check in checks)


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _one_line(text: str) -> str:
    # A server's answer is shown, too: nothing of it may move the cursor.
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))

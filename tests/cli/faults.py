"""A fault that is seeded, and what the doctor has to say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flink_agents.cli.doctor.check import Check


@dataclass(frozen=True)
class Fault:
    """A fault.

    Args:
        name: In words.
        seed: Makes it.
        check: Name of the check that finds it.
        found: Pattern of what is found.
        remedy: Pattern of what is to be done.
        status: How bad it is.
    """

    name: str
    seed: Callable[..., Any]
    check: str
    found: str
    remedy: str
    status: str = "problem"


def assert_found(fault: Fault, checks: Iterable[Check]) -> None:
    """That the doctor found it, named the remedy, and complains of nothing else as badly."""
    complaints = [each for each in checks if each.status == fault.status]
    assert [each.name for each in complaints] == [fault.check], complaints
    (check,) = complaints
    assert re.search(fault.found, check.found), check
    assert re.search(fault.remedy, check.remedy), check

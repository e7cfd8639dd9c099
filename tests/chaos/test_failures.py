"""Failures thrown wherever they can be: nothing is lost, doubled, out of order or asked again."""

from __future__ import annotations

import pytest

from tests.chaos.faults import Fault
from tests.chaos.mini_cluster import MiniClusterRun

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def test_failures_of_every_kind_lose_double_and_reorder_nothing(run: MiniClusterRun) -> None:
    kinds = ("action", "model", "write", "restore", "answer", "close")
    faults = tuple(Fault(kind, 200 + 150 * n) for n, kind in enumerate(kinds))
    settings = run.settings(faults=faults)
    run.start(settings)
    run.wait_to_end()
    assert run.verdict(settings).is_clean

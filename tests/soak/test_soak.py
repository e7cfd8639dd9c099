"""A soak in short: mixed agents on a real cluster, with faults of all kinds, lose nothing."""

from __future__ import annotations

import pytest

from tests.soak.report import problems
from tests.soak.soak import SoakOptions, soak

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(1_800)]


def test_mixed_agents_under_faults_lose_double_and_reorder_nothing(long_form: bool) -> None:
    soaked = soak(SoakOptions(minutes=10 if long_form else 0.4), print)
    assert problems(soaked) == []
    # Else it has shown nothing.
    expected = {"cluster: fuse", "cluster: fault", "cluster: kill", "thrown: action, tried again"}
    expected |= {f"model: {fault}" for fault in ("429", "500", "late", "refused for good")}
    assert expected <= {what for what, times in soaked.faults.items() if times}
    assert soaked.restores >= 3

"""Windows behind the agent are right, whatever fails: nothing is late, timestamps are kept."""

from __future__ import annotations

import pytest

from tests.chaos.faults import Fault
from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.windows import wrong_windows
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def test_windows_behind_the_agent_are_right_whatever_fails(run: MiniClusterRun) -> None:
    run.model.behave(Behaviour(latency=0.02, spread=0.05))
    kinds = ("action", "model", "write", "restore")
    faults = [Fault(kind, 150 + 120 * n) for n, kind in enumerate(kinds)]
    settings = run.settings(
        elements=800,
        keys=40,
        event_time=True,
        per_second=200,
        faults=(*faults, Fault("answer", 799)),
    )
    run.start(settings, parallelism=2)
    run.wait_to_end()
    verdict = run.verdict(settings)
    assert verdict.is_clean
    # That of the restore strikes three times.
    assert verdict.failures == 7
    assert len(run.history.restores) >= 5
    assert wrong_windows(run.folder, settings.orders, settings.keys) == []


def test_without_the_option_answers_miss_their_windows(run: MiniClusterRun) -> None:
    """So the test above can tell."""
    run.model.behave(Behaviour(latency=0.5))
    settings = run.settings(elements=300, keys=40, event_time=True, keeps_timestamps=False)
    run.start(settings)
    run.wait_to_end()
    differ, stamped = wrong_windows(run.folder, settings.orders, settings.keys)
    assert "differ" in differ
    assert stamped.startswith(f"windows: {settings.elements} answers have another timestamp")

"""Windows behind the agent are right, whatever fails: nothing is late, timestamps are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.faults import Fault
from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.windows import expected_windows, timestamp_of
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def lines(folder: Path) -> list[dict[str, Any]]:
    """What is in the files of a sink that are complete."""
    parts = [part for part in folder.rglob("*") if part.is_file() and part.name[0] != "."]
    return [json.loads(line) for part in parts for line in part.read_text().splitlines()]


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
    assert verdict.failures >= 5
    assert lines(run.folder / "late") == []
    answers = lines(run.folder / "answers")
    assert [a for a in answers if a["timestamp"] != timestamp_of(a, settings.keys)] == []
    windows = sorted(lines(run.folder / "windows"), key=lambda w: (w["key"], w["start"]))
    assert windows == expected_windows(settings.orders, settings.keys)

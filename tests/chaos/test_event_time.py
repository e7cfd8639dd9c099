"""Windows behind the agent are right, whatever fails: nothing is late, timestamps are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.faults import Fault
from tests.chaos.job import JobSettings
from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.windows import expected_windows, timestamp_of
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def lines(folder: Path) -> list[dict[str, Any]]:
    """What is in the files of a sink that are complete."""
    parts = [part for part in folder.rglob("*") if part.is_file() and part.name[0] != "."]
    return [json.loads(line) for part in parts for line in part.read_text().splitlines()]


def misplaced(run: MiniClusterRun, settings: JobSettings) -> tuple[int, int]:
    """How many answers came too late for their windows, and how many have wrong timestamps."""
    answers = lines(run.folder / "answers")
    wrong = [a for a in answers if a["timestamp"] != timestamp_of(a, settings.keys)]
    return len(lines(run.folder / "late")), len(wrong)


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
    assert misplaced(run, settings) == (0, 0)
    windows = sorted(lines(run.folder / "windows"), key=lambda w: (w["key"], w["start"]))
    assert windows == expected_windows(settings.orders, settings.keys)


def test_without_the_option_answers_miss_their_windows(run: MiniClusterRun) -> None:
    """So the test above can tell."""
    run.model.behave(Behaviour(latency=0.5))
    settings = run.settings(elements=300, keys=40, event_time=True, keeps_timestamps=False)
    run.start(settings)
    run.wait_to_end()
    assert misplaced(run, settings)[1] == settings.elements
    windows = sorted(lines(run.folder / "windows"), key=lambda w: (w["key"], w["start"]))
    assert windows != expected_windows(settings.orders, settings.keys)

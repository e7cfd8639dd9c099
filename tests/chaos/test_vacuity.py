"""The chaos tests can fail: with a rule of the runtime broken, what holds otherwise does not."""

from __future__ import annotations

import pytest

from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.scenarios import (
    answers_overtake_each_other,
    fails_with_calls_open,
    fails_with_keys_that_never_come_again,
)
from tests.flink import pyflinks_operators

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def test_finished_calls_are_repeated_without_the_journal(run: MiniClusterRun) -> None:
    verdict = fails_with_calls_open(run, sabotage="journal")
    assert verdict.repeated_finished > 0
    assert not verdict.is_clean


def test_elements_are_lost_without_leases(run: MiniClusterRun) -> None:
    verdict = fails_with_keys_that_never_come_again(run, sabotage="lease")
    assert verdict.lost > 0
    assert not verdict.is_clean


def test_elements_are_lost_in_process_mode_with_the_operator_of_pyflink(
    run: MiniClusterRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyflinks_operators.use(monkeypatch)
    # Lost is only what the bundle holds that a checkpoint ends, which may be nothing.
    failures = (150, 250, 350, 450)
    assert fails_with_keys_that_never_come_again(run, "process", failures).lost > 0


def test_answers_come_out_of_order_if_elements_of_a_key_run_side_by_side(
    run: MiniClusterRun,
) -> None:
    verdict = answers_overtake_each_other(run, sabotage="order")
    assert verdict.out_of_order > 0
    assert not verdict.is_clean


def test_answers_are_doubled_if_outcomes_count_that_nobody_waits_for(run: MiniClusterRun) -> None:
    verdict = answers_overtake_each_other(run, sabotage="dedup")
    assert verdict.duplicated > 0
    assert not verdict.is_clean

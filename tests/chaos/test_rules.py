"""The scenarios that ``test_vacuity.py`` shows to fail with a rule of the runtime broken."""

from __future__ import annotations

import pytest

from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.scenarios import (
    answers_overtake_each_other,
    fails_with_calls_open,
    fails_with_keys_that_never_come_again,
)

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]


def test_calls_that_were_finished_are_not_repeated_after_a_failure(run: MiniClusterRun) -> None:
    assert fails_with_calls_open(run).is_clean
    assert len(run.history.restores) == 2


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_keys_that_never_come_again_go_on_after_a_failure(run: MiniClusterRun, mode: str) -> None:
    assert fails_with_keys_that_never_come_again(run, mode).is_clean
    # Else all keys would have come again.
    assert len(run.history.restores) == 1


def test_answers_keep_their_order_and_an_outcome_that_comes_twice_counts_once(
    run: MiniClusterRun,
) -> None:
    assert answers_overtake_each_other(run, sabotage="twice").is_clean

"""Failures thrown wherever they can be: nothing is lost, doubled, out of order or asked again.

The long form has 10,000 orders of 1,000 keys and ten failures of each kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.chaos.faults import Fault
from tests.chaos.job import JobSettings
from tests.chaos.ledger import FAILED
from tests.chaos.mini_cluster import MiniClusterRun
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(1_800)]

#: Kinds of :mod:`tests.chaos.faults`, and a connection that the server resets.
KINDS = ("action", "answer", "model", "connection", "write", "restore")


def failing(
    run: MiniClusterRun, elements: int, kinds: Sequence[str], **changes: Any
) -> JobSettings:
    """Settings of a job with failures of these kinds in turn, and two at its end.

    Those of the end strike while the operator waits for its last calls, and when it is closed.
    """
    begin = elements // 5
    places = [begin + n * (elements - begin) // (len(kinds) + 1) for n in range(len(kinds))]
    faults = [Fault(kind, place) for kind, place in zip(kinds, places, strict=True)]
    faults += [Fault("answer", elements - 1), Fault("close", 0)]
    settings = run.settings(
        elements=elements,
        keys=elements // 10,
        faults=tuple(fault for fault in faults if fault.kind != "connection"),
        **changes,
    )
    dropped = [
        settings.orders[fault.element].call for fault in faults if fault.kind == "connection"
    ]
    run.model.behave(Behaviour(latency=0.1, spread=0.1, dropping=dropped))
    return settings


def assert_all_have_struck(
    run: MiniClusterRun, settings: JobSettings, kinds: Sequence[str]
) -> None:
    """All faults, each once, and the job went back to a checkpoint for nearly all of them."""
    names = [f"{fault.kind}-{fault.element}" for fault in settings.faults]
    for fault in settings.faults:
        if fault.kind == "restore":
            names += [f"restore-{fault.element}-open", f"restore-{fault.element}-load"]
    failed = [entry.name for entry in run.ledger.read() if entry.word == FAILED]
    assert sorted(name for name in failed if not name.startswith("connection")) == sorted(names)
    assert sum(name.startswith("connection") for name in failed) == kinds.count("connection")
    # Two that come at the same moment are one; the observer sees what is there between its looks.
    assert len(run.history.restores) >= len(failed) * 2 // 3


@pytest.mark.parametrize(("backend", "parallelism"), [("hashmap", 2), ("rocksdb", 1)])
def test_failures_of_every_kind_lose_double_and_reorder_nothing(
    run: MiniClusterRun, long_form: bool, backend: str, parallelism: int
) -> None:
    elements, kinds = (10_000, KINDS * 10) if long_form else (1_000, KINDS)
    settings = failing(run, elements, kinds, backend=backend, per_second=200)
    run.start(settings, "thread", parallelism)
    run.wait_to_end(timeout=1_500)
    assert_all_have_struck(run, settings, kinds)
    assert len(run.history.checkpoints) >= 10
    assert run.verdict(settings).is_clean


def test_failures_lose_double_and_reorder_nothing_in_process_mode(
    run: MiniClusterRun, long_form: bool
) -> None:
    short = ("model", "write", "restore")
    elements, kinds = (10_000, KINDS * 10) if long_form else (1_000, short)
    settings = failing(run, elements, kinds, per_second=100)
    run.start(settings, "process")
    run.wait_to_end(timeout=1_500)
    assert_all_have_struck(run, settings, kinds)
    assert len(run.history.checkpoints) >= 10
    assert run.verdict(settings).is_clean


def test_failed_checkpoints_lose_double_and_reorder_nothing(run: MiniClusterRun) -> None:
    settings = run.settings(elements=800, keys=100, durable=True, per_second=200)
    run.start(settings)
    run.block_checkpoints(8, 15)
    run.wait_to_end()
    # Their numbers were used, and the job went back to the ones before.
    assert {restore.number for restore in run.history.restores} >= {7, 14}
    assert run.verdict(settings).is_clean

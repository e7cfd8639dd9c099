"""What is done to a job, and what comes of it: for tests that hold, and for those that must not."""

from __future__ import annotations

import time
from typing import Any

from tests.chaos.faults import Fault
from tests.chaos.mini_cluster import MiniClusterRun
from tests.chaos.verdict import Verdict
from tests.servers.model_server import Behaviour


def fails_with_calls_open(run: MiniClusterRun, **changes: Any) -> Verdict:
    """A job whose actions have finished one call and wait for the next when it fails."""
    # One after the other, so that at each moment many wait that began before the last checkpoint.
    settings = run.settings(
        elements=400,
        keys=400,
        per_second=100,
        durable=True,
        hold=2.0,
        faults=_failures(250, 380),
        **changes,
    )
    run.start(settings)
    run.wait_to_end()
    return run.verdict(settings)


def fails_with_keys_that_never_come_again(
    run: MiniClusterRun, mode: str = "thread", at: tuple[int, ...] = (250,), **changes: Any
) -> Verdict:
    """A job without an end that fails while most of its keys wait, each with its only element."""
    run.model.behave(Behaviour(latency=1.0))
    settings = run.settings(elements=600, keys=600, bounded=False, faults=_failures(*at), **changes)
    # In process mode each checkpoint ends a bundle in which work of keys has begun.
    run.start(settings, mode, options={"python.fn-execution.bundle.time": "1000"})
    run.wait_until_answered(settings.orders[-1])
    time.sleep(10)  # leases are due after some 4 s
    run.stop_with_savepoint()
    return run.verdict(settings)


def answers_overtake_each_other(run: MiniClusterRun, **changes: Any) -> Verdict:
    """A job whose keys get new elements before the model has answered, now soon, now late."""
    run.model.behave(Behaviour(latency=0.0, spread=0.4))
    settings = run.settings(elements=300, keys=20, **changes)
    run.start(settings)
    run.wait_to_end()
    return run.verdict(settings)


def _failures(*elements: int) -> tuple[Fault, ...]:
    return tuple(Fault("action", element) for element in elements)


__all__ = [
    "answers_overtake_each_other",
    "fails_with_calls_open",
    "fails_with_keys_that_never_come_again",
]

"""A job is stopped with calls in flight and goes on from its savepoint with other parallelism."""

from __future__ import annotations

import pytest

from tests.chaos.faults import Fault
from tests.chaos.mini_cluster import MiniClusterRun
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_a_job_goes_on_from_savepoints_with_other_parallelism_and_calls_in_flight(
    run: MiniClusterRun, long_form: bool, backend: str
) -> None:
    if backend == "hashmap" and not long_form:
        pytest.skip("only in the long form")
    run.model.behave(Behaviour(latency=0.5))
    settings = run.settings(
        elements=1_500, keys=150, backend=backend, faults=(Fault("answer", 1_400),)
    )
    savepoint = ""
    for parallelism in (1, 2, 4):
        run.start(settings, parallelism=parallelism, savepoint=savepoint)
        run.wait_until_seen(150)
        assert backend in run.state_backend().lower()
        run.wait_for(lambda: run.model.stats().in_flight > 20, "calls are in flight")
        savepoint = run.stop_with_savepoint()
    run.start(settings, parallelism=1, savepoint=savepoint)
    run.wait_to_end()
    verdict = run.verdict(settings)
    assert verdict.is_clean
    assert verdict.failures == 1
    # What was in flight was asked again.
    calls = run.model.counts("")
    assert sum(calls.values()) > len(calls) == settings.elements

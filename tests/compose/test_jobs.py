"""A job on the cluster of docker-compose.yml, from topic to topic, whatever happens meanwhile."""

from __future__ import annotations

import time

import pytest

from tests.cluster.flink_rest import wait_for
from tests.compose.cluster import Cluster
from tests.compose.orders_run import SAVEPOINTS, feeding
from tests.servers.model_server import Behaviour

pytestmark = [
    pytest.mark.docker,
    pytest.mark.flink,
    pytest.mark.slow,
    # Without what the engine and the images take, which the first test waits for.
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.usefixtures("quiet"),
]


def test_killed_taskmanagers_lose_double_and_reorder_nothing(cluster: Cluster) -> None:
    with feeding(cluster, "killed", count=5_000, keys=600, per_second=250) as run:
        # Held back, so that there are calls in flight and orders left however slow the machine is.
        run.feed.allow(2_000)
        job = cluster.submit(*run.arguments)
        run.wait_for_answers(2_000, timeout=180)
        run.feed.allow(3_500)
        run.wait_for_answers(2_100, timeout=180)
        killed_at = time.time()
        cluster.kill("taskmanager-1")
        cluster.replace("taskmanager-1")
        recovery = run.wait_for_answer_after(killed_at)
        print(f"container killed and replaced: next answer after {recovery:.1f} s")
        run.wait_for_answers(3_500, timeout=180)
        run.feed.allow(5_000)
        run.wait_for_answers(3_600, timeout=180)
        killed_at = time.time()
        cluster.crash("taskmanager-2")
        recovery = run.wait_for_answer_after(killed_at)
        print(f"process killed, container restarted: next answer after {recovery:.1f} s")
        run.finish(cluster, job)
        assert cluster.flink.restores(job) >= 2
        print(f"repeated model calls: {run.repeated_calls(cluster)} of {len(run.orders)}")


def test_a_model_server_off_the_network_for_ten_seconds_fails_no_job(cluster: Cluster) -> None:
    with feeding(cluster, "cut-off", count=1_500, keys=300, per_second=100) as run:
        job = cluster.submit(*run.arguments)
        run.wait_for_answers(200, timeout=180)
        with cluster.cut_off("model-server"):
            cut_at = time.time()
            run.reader.read_for(10)
            back_at = time.time()
        run.finish(cluster, job)
        # A few answers had been sent before the cut. There was none on the way for long.
        within = [a for a in run.reader.answers if cut_at + 5 < a.answered_at < back_at]
        assert within == []
        assert cluster.flink.restores(job) == 0
        print(f"repeated model calls: {run.repeated_calls(cluster)} of {len(run.orders)}")


def test_a_slow_model_server_holds_the_input_back_and_no_checkpoint(cluster: Cluster) -> None:
    limit = 20
    # Answers come out with a checkpoint: on a busy machine all could be there with the first one.
    cluster.model.behave(Behaviour(latency=0.5))
    with feeding(cluster, "slow", count=4_000, keys=2_000, per_second=300) as run:
        job = cluster.submit(*run.arguments, "--max-in-flight", str(limit))
        run.wait_for_answers(200, timeout=180)
        cluster.model.behave(Behaviour(latency=2.0))
        wait_for(lambda: cluster.model.stats().in_flight >= limit, "the server is slow", 20)
        before = cluster.flink.checkpoints(job)
        open_elements: list[int] = []
        end = time.monotonic() + 10
        while time.monotonic() < end:
            run.reader.read_for(0.5)
            open_elements.append(cluster.flink.open_elements(job))
        after = cluster.flink.checkpoints(job)
        in_flight, subtasks = cluster.model.stats().max_in_flight, cluster.flink.subtasks(job)
        cluster.model.behave(Behaviour())
        print(f"checkpoints within 10 s of slowness: {after.completed - before.completed}")
        print(f"longest checkpoint: {after.longest:.2f} s; failed: {after.failed}")
        print(f"in flight: {in_flight}; most elements in the agent: {max(open_elements)}")
        assert after.completed - before.completed >= 3
        assert after.failed == before.failed
        assert in_flight <= limit * subtasks
        assert max(open_elements) > in_flight  # the others were set aside: barriers passed them
        run.finish(cluster, job)
        assert cluster.flink.restores(job) == 0
        assert run.repeated_calls(cluster) == 0


def test_a_job_goes_on_from_its_savepoint(cluster: Cluster) -> None:
    cluster.model.behave(Behaviour(latency=0.5))
    with feeding(cluster, "stopped", count=1_500, keys=300, per_second=100) as run:
        job = cluster.submit(*run.arguments)
        run.wait_for_answers(300, timeout=180)
        savepoint = cluster.flink.stop(job, SAVEPOINTS)
        run.reader.read_for(1)
        answered = len(run.reader.read)
        assert answered < len(run.orders)
        resumed = cluster.submit(*run.arguments, "--parallelism", "2", savepoint=savepoint)
        run.finish(cluster, resumed)
        print(f"answers before the stop: {answered} of {len(run.orders)}")
        print(f"repeated model calls: {run.repeated_calls(cluster)} of {len(run.orders)}")

"""Processes of a real cluster are killed, stopped and multiplied: nothing is lost or done twice.

The JobManager, two TaskManagers and ZooKeeper are processes of their own, the model server is one
more, and all calls go through HTTP. With the durable journal no finished call is repeated, whenever
the crash came; in the default setting none that the checkpoint had.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyflink
import pytest

from tests.chaos.observer import OBSERVABLE
from tests.chaos.standalone_run import StandaloneRun, standalone_run
from tests.chaos.verdict import Verdict
from tests.chaos.windows import wrong_windows
from tests.cluster.standalone_cluster import StandaloneCluster, standalone_cluster
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow]

_FLINK_PYTHON = sorted(Path(pyflink.__path__[0], "opt").glob("flink-python-*.jar"))
#: As docs/deployment.md tells: the library of thread mode is loaded once for all jobs.
_OPTIONS = {
    "classloader.parent-first-patterns.additional": "pemja",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    **OBSERVABLE,
}

#: Milliseconds.
_DAY = 86_400_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[StandaloneCluster]:
    """Two TaskManagers of one slot each, and a JobManager that may be killed."""
    with standalone_cluster(options=_OPTIONS, jars=_FLINK_PYTHON, recovers=True) as started:
        yield started


@pytest.fixture
def seed() -> int:
    """Another one each time; it is printed with the run."""
    return random.SystemRandom().randrange(1_000_000)


@contextmanager
def more_task_managers(cluster: StandaloneCluster, number: int) -> Iterator[None]:
    """So many more TaskManagers, for a while."""
    started = [cluster.start_task_manager() for _ in range(number)]
    try:
        yield
    finally:
        for one in started:
            cluster.task_managers.remove(one)
            one.stop()


def assert_exactly_once(run: StandaloneRun, verdict: Verdict, failures: int) -> None:
    """Nothing is wrong, no finished call was made again, and there was cause for it."""
    assert verdict.is_clean, verdict.report()
    assert verdict.repeated_since_checkpoint == 0, verdict.report()
    assert verdict.spared > 0, verdict.report()
    assert verdict.failures == failures
    assert len(run.history.restores) > 0
    assert run.calls_made_again() > 0


def settings(folder: Path, elements: int, keys: int) -> dict[str, Any]:
    """Calls in flight all the time, and checkpoints so far apart that much comes between."""
    return {
        "elements": elements,
        "keys": keys,
        "per_second": 50.0,
        "bounded": False,
        "durable": True,
        "journal": (folder / "journal").as_uri(),
        "checkpoint_ms": 1_000,
    }


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", ["thread", "process"])
def test_killed_workers_lose_double_and_repeat_nothing(
    cluster: StandaloneCluster, tmp_path: Path, seed: int, mode: str, long_form: bool
) -> None:
    """TaskManagers in thread mode; the Python processes in process mode."""
    kills, elements, keys = (20, 10_000, 1_000) if long_form else (3, 600, 40)
    told = settings(tmp_path, elements, keys)
    with standalone_run(cluster, tmp_path, mode, seed, run=f"killed-{mode}", **told) as run:
        run.submit(2)
        kill = run.kill_task_manager if mode == "thread" else run.kill_python_worker
        run.disturb(kills, kill)
        assert_exactly_once(run, run.finish(), kills)


@pytest.mark.timeout(3600)
def test_killed_task_managers_in_the_default_setting_repeat_only_what_the_checkpoint_had_not(
    cluster: StandaloneCluster, tmp_path: Path, seed: int, long_form: bool
) -> None:
    """On RocksDB, with windows of event time behind the agent, also while the last calls end."""
    kills, elements, keys = (20, 10_000, 1_000) if long_form else (2, 500, 40)
    left = 200 if long_form else 60
    told = {
        **settings(tmp_path, elements, keys),
        "journal": "",
        "backend": "rocksdb",
        "event_time": True,
        "bounded": True,
    }
    with standalone_run(cluster, tmp_path, "thread", seed, run="default", **told) as run:
        run.submit(2)
        run.disturb(kills, run.kill_task_manager)
        # Each watermark waits for the calls before it, so few orders may be left.
        run.wait_for_answers(elements - left)
        run.model.behave(Behaviour(latency=5))
        run.wait_until_input_ends()
        run.kill_task_manager()
        run.model.behave(Behaviour())
        verdict = run.finish()
        assert verdict.is_clean, verdict.report()
        # So what the durable journal spares was there to be repeated.
        assert verdict.repeated_since_checkpoint > 0
        assert verdict.spared == 0
        assert verdict.failures == kills + 1
        assert wrong_windows(tmp_path, run.settings.orders, keys) == []


@pytest.mark.timeout(1800)
def test_a_job_outlives_its_job_manager(
    cluster: StandaloneCluster, tmp_path: Path, seed: int, long_form: bool
) -> None:
    """ZooKeeper tells the next one of the job and of its last checkpoint."""
    kills, elements, keys = (10, 5_000, 500) if long_form else (1, 300, 40)
    told = settings(tmp_path, elements, keys)
    with standalone_run(cluster, tmp_path, "thread", seed, run="job-manager", **told) as run:
        # Tasks go on for a while without a JobManager: each customer has to wait longer than that.
        run.model.behave(Behaviour(latency=2))
        run.submit(2)
        run.disturb(kills, run.kill_job_manager)
        assert_exactly_once(run, run.finish(), kills)


@pytest.mark.timeout(1800)
def test_a_stopped_job_goes_on_with_other_parallelism_and_calls_in_flight(
    cluster: StandaloneCluster, tmp_path: Path, seed: int, long_form: bool
) -> None:
    """On RocksDB; each savepoint is made by stopping the job. In the end it has only a checkpoint.

    What was finished after that is in the durable journal, written by other subtasks.
    """
    elements, keys = (10_000, 1_000) if long_form else (800, 40)
    told = {**settings(tmp_path, elements, keys), "backend": "rocksdb", "per_second": 200.0}
    with (
        more_task_managers(cluster, 2),
        standalone_run(cluster, tmp_path, "thread", seed, run="rescaled", **told) as run,
    ):
        # So there are orders left for all of them, however long the starts take.
        run.model.behave(Behaviour(latency=4))
        savepoint = None
        for parallelism in (1, 2, 4):
            run.submit(parallelism, savepoint)
            run.wait_for_answers(run.progress.answered() + keys // 4)
            run.wait_for_calls_in_flight(keys // 4)
            savepoint = run.stop()
        often = run.settings
        # So the checkpoint it goes back to has not all that is finished, however the chance falls.
        run.settings = replace(often, checkpoint_ms=_DAY)
        run.submit(2, savepoint)
        run.wait_for_calls_in_flight(keys // 4)
        run.checkpoint()
        run.wait_for_answers(run.progress.answered() + keys // 4)
        run.wait_for_calls_in_flight(keys // 4)
        checkpoint = run.cancel()
        run.model.behave(Behaviour())
        run.settings = often
        run.submit(1, checkpoint)
        assert_exactly_once(run, run.finish(), failures=0)
        assert len(run.history.restores) == 4

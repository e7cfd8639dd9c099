"""A standalone cluster whose TaskManagers are processes of their own, from PyFlink's package."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pyflink

from benchmarks.job import JobFailedError, JobRun
from tests.cluster.standalone_cluster import StandaloneCluster, standalone_cluster

#: As docs/deployment.md tells: the library of thread mode is loaded once for all jobs.
_OPTIONS = {
    "classloader.parent-first-patterns.additional": "pemja",
    "taskmanager.memory.process.size": "2g",
}


@contextlib.contextmanager
def cluster(task_managers: int, slots: int = 1) -> Iterator[StandaloneCluster]:
    """A session cluster that can run Python in thread mode.

    Args:
        task_managers: How many.
        slots: Of each.
    """
    jars = sorted(Path(pyflink.__path__[0], "opt").glob("flink-python-*.jar"))
    with standalone_cluster(task_managers, slots, options=_OPTIONS, jars=jars) as started:
        yield started


def check_ran_on(started: StandaloneCluster, done: JobRun) -> None:
    """Check that each TaskManager has had a part of a job.

    Args:
        started: The cluster, still running.
        done: The job, whose marks were apart.

    Raises:
        JobFailedError: If other processes have done the work, or not all of them.
    """
    worked = {name.split("-")[1] for name in done.lines if name.startswith("marks-")}
    there = {str(task_manager.pid) for task_manager in started.task_managers}
    if worked != there:
        raise JobFailedError(f"The job ran in the processes {worked}, not in {there}.")


def sessions(of: StandaloneCluster) -> list[int]:
    """Sessions of the TaskManagers: each has its own."""
    return [os.getsid(task_manager.pid) for task_manager in of.task_managers]

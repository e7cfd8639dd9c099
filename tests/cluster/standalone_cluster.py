"""A standalone Flink cluster on loopback: a JobManager and TaskManagers, each a process of its own.

    with standalone_cluster(task_managers=2) as cluster:
        cluster.flink("run", "-d", "-py", "job.py")
        cluster.kill_task_manager(0)
        cluster.start_task_manager()

It is the distribution that the PyFlink package brings, in a home of its own, so that jars may be
put into ``lib`` and the cluster shares no configuration with the client. All processes end with
the test run, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flink_agents.bridge.java_home import java_home
from tests.cluster import high_availability
from tests.cluster.flink_home import free_ports, make_home, write_options
from tests.cluster.flink_process import FlinkProcess, start
from tests.environment import clean_environment

#: Seconds in which processes come up and jobs change their state.
_PATIENCE = 240.0


class StandaloneCluster:
    """A running cluster. Made by :func:`standalone_cluster` or :func:`application_cluster`.

    Args:
        folder: For home, configuration, logs and checkpoints.
        options: Of Flink's configuration file, over the defaults here.
        environment: Variables of all processes, over those of the tests.
        jars: Files that are put into the cluster's ``lib``.
        recovers: Whether jobs outlive their JobManager: high availability by ZooKeeper.
    """

    def __init__(
        self,
        folder: Path,
        options: Mapping[str, Any],
        environment: Mapping[str, str],
        jars: Sequence[Path],
        recovers: bool = False,
    ) -> None:
        self.folder = folder
        self.home = make_home(folder / "home", jars)
        self.checkpoints = folder / "checkpoints"
        self.savepoints = folder / "savepoints"
        self.logs = folder / "logs"
        (rest_port,) = free_ports(1)
        self.rest_address = f"127.0.0.1:{rest_port}"
        self.rest_url = f"http://{self.rest_address}"
        self._recovers = recovers
        available = high_availability.prepare(self.home) if recovers else {}
        write_options(self.home, rest_port, {**available, **options})
        self.environment = clean_environment(
            **{
                # The Python beside the tests' own is the one of the cluster.
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "JAVA_HOME": java_home(),
                "FLINK_LOG_DIR": str(self.logs),
                "FLINK_PID_DIR": str(folder / "pids"),
                "FLINK_CONF_DIR": str(self.home / "conf"),
                **environment,
            }
        )
        self.zookeeper: FlinkProcess | None = None
        self.job_manager: FlinkProcess | None = None
        self.task_managers: list[FlinkProcess] = []

    def start_job_manager(self, *command: str) -> None:
        """Start the JobManager; also again, after it was killed.

        Args:
            command: Script and arguments. Default: that of a session cluster.
        """
        if self._recovers and self.zookeeper is None:
            self.zookeeper = self._start("zookeeper", "zookeeper.sh", "1")
        self.job_manager = self._start("jobmanager", *(command or ("jobmanager.sh",)))

    def start_task_manager(self) -> FlinkProcess:
        """Start a TaskManager more."""
        started = self._start(f"taskmanager-{len(self.task_managers)}", "taskmanager.sh")
        self.task_managers.append(started)
        return started

    def kill_task_manager(self, index: int) -> None:
        """Kill a TaskManager as a crash does; it stays in the list, so that numbers do not move."""
        self.task_managers[index].kill()

    def kill_job_manager(self) -> None:
        """Kill the JobManager as a crash does."""
        assert self.job_manager is not None
        self.job_manager.kill()

    def flink(
        self,
        *arguments: str | int | Path,
        check: bool = True,
        timeout: float = 120,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> str:
        """Run the program ``flink`` against this cluster; gives what it printed.

        Args:
            arguments: As on a command line, for example ``"run", "-d", "-py", "job.py"``.
            check: Whether an exit code other than 0 is an ``AssertionError``.
            timeout: Seconds.
            environment: Variables of this command, over those of the cluster.
            cwd: Where it runs. Default: the cluster's folder.
        """
        command = [str(self.home / "bin" / "flink"), *map(str, arguments)]
        done = subprocess.run(
            command,
            env={**self.environment, **(environment or {})},
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        output = done.stdout + done.stderr
        if check:
            assert done.returncode == 0, f"{' '.join(command)}\n{output}\n{self.tail()}"
        return output

    def rest(self, path: str) -> Any:
        """An answer of the REST API, for example ``rest("/jobs/overview")``."""
        # A proxy of the machine is none for the loopback interface.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.rest_url + path, timeout=30) as answer:
            return json.load(answer)

    def state_of(self, job: str) -> str:
        """State of a job, for example ``RUNNING``."""
        return self.rest(f"/jobs/{job}")["state"]

    def wait_for_job(self, job: str, state: str, timeout: float = _PATIENCE) -> None:
        """Wait until a job has this state.

        Raises:
            AssertionError: If it ended otherwise, or the time is over.
        """
        end = time.monotonic() + timeout
        while (current := self.state_of(job)) != state:
            over = current in ("FAILED", "FINISHED", "CANCELED") or time.monotonic() > end
            assert not over, f"job {job} is {current}, not {state}\n{self._cause(job)}"
            time.sleep(0.1)

    def wait_for_task_managers(self, number: int) -> None:
        """Wait until so many are registered."""
        end = time.monotonic() + _PATIENCE
        while self._registered() != number:
            running = self.job_manager is not None and self.job_manager.is_running()
            assert running, f"the JobManager has ended\n{self.tail()}"
            assert time.monotonic() < end, f"there are no {number} TaskManagers\n{self.tail()}"
            time.sleep(0.1)

    @property
    def log(self) -> str:
        """What all processes have logged and printed."""
        files = sorted(self.logs.glob("*.output"))
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')}" for file in files)

    def tail(self, size: int = 6000) -> str:
        """The last characters of each log."""
        files = sorted(self.logs.glob("*.output"))
        return "\n".join(f"== {f.name}\n{f.read_text(errors='replace')[-size:]}" for f in files)

    def stop(self) -> None:
        """End all processes."""
        for process in filter(None, [*self.task_managers, self.job_manager, self.zookeeper]):
            process.stop()

    def _start(self, name: str, script: str, *arguments: str) -> FlinkProcess:
        command = [str(self.home / "bin" / script), "start-foreground", *arguments]
        return start(command, self.environment, self.folder, self.logs / f"{name}.output")

    def _registered(self) -> int:
        with contextlib.suppress(OSError, KeyError):
            return len(self.rest("/taskmanagers")["taskmanagers"])
        return -1

    def _cause(self, job: str) -> str:
        exceptions = self.rest(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return "\n".join(entry["stacktrace"] for entry in exceptions) or self.tail()


@contextlib.contextmanager
def standalone_cluster(
    task_managers: int = 2,
    slots: int = 1,
    options: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    jars: Sequence[Path] = (),
    recovers: bool = False,
) -> Iterator[StandaloneCluster]:
    """A session cluster for as long as the context lasts.

    Args:
        task_managers: How many, each a process.
        slots: Of each TaskManager.
        options: Of Flink's configuration file.
        environment: Variables of all processes and of ``flink``. The first Python of PATH is the
            cluster's; by default it is the one of the tests.
        jars: Files that are put into the cluster's ``lib``.
        recovers: Whether jobs outlive a JobManager that is killed.
    """
    options = {"taskmanager.numberOfTaskSlots": slots, **(options or {})}
    with _cluster(options, environment, jars, recovers) as c:
        c.start_job_manager()
        for _ in range(task_managers):
            c.start_task_manager()
        c.wait_for_task_managers(task_managers)
        yield c


@contextlib.contextmanager
def application_cluster(
    *arguments: str | Path,
    task_managers: int = 1,
    options: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    jars: Sequence[Path] = (),
) -> Iterator[StandaloneCluster]:
    """A cluster that is there for one job: ``standalone-job.sh`` with these arguments."""
    with _cluster(options or {}, environment, jars) as c:
        c.start_job_manager("standalone-job.sh", *map(str, arguments))
        for _ in range(task_managers):
            c.start_task_manager()
        yield c


@contextlib.contextmanager
def _cluster(
    options: Mapping[str, Any],
    environment: Mapping[str, str] | None,
    jars: Sequence[Path],
    recovers: bool = False,
) -> Iterator[StandaloneCluster]:
    with tempfile.TemporaryDirectory(prefix="flink-", ignore_cleanup_errors=True) as folder:
        cluster = StandaloneCluster(Path(folder), options, environment or {}, jars, recovers)
        for made in (cluster.logs, cluster.checkpoints, cluster.savepoints, cluster.folder / "tmp"):
            made.mkdir()
        try:
            yield cluster
        finally:
            cluster.stop()


__all__ = ["FlinkProcess", "StandaloneCluster", "application_cluster", "standalone_cluster"]

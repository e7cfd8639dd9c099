"""The cluster of docker-compose.yml as a project of its own: what tests do to it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

from tests.cluster.flink_rest import FlinkRest
from tests.compose.engine import ROOT
from tests.compose.reaper import run_at_the_end
from tests.servers.model_control import ModelControl

JOBS = Path(__file__).with_name("jobs")

#: Services of the cluster, without a job.
CLUSTER = ("jobmanager", "taskmanager-1", "taskmanager-2", "kafka")
#: Services of the demo.
DEMO = ("ollama", "reviews", "job", "results")

_SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")


@dataclass(frozen=True)
class Ports:
    """Free ports of this machine.

    Attributes:
        rest: For the REST interface of the JobManager.
        kafka: For Kafka.
        ollama: For Ollama.
        model_server: For the model server of the tests.
    """

    rest: int
    kafka: int
    ollama: int
    model_server: int

    @classmethod
    def free(cls) -> Ports:
        """Four of them."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(4)]
            for free in sockets:
                free.bind(("127.0.0.1", 0))
            return cls(*(free.getsockname()[1] for free in sockets))


class Cluster:
    """A project of the compose file.

    Args:
        compose: The project.
        project: Its name.
        ports: Its ports on this machine.
    """

    def __init__(self, compose: DockerCompose, project: str, ports: Ports) -> None:
        self.compose = compose
        self.project = project
        self.kafka = f"127.0.0.1:{ports.kafka}"
        self.flink = FlinkRest(f"http://127.0.0.1:{ports.rest}")
        self.model = ModelControl(f"http://127.0.0.1:{ports.model_server}")

    def close(self) -> None:
        """Close the connections to it."""
        self.flink.close()
        self.model.close()

    def run(self, *arguments: str) -> str:
        """Run ``docker compose`` for the project; gives what it printed."""
        return _run([*self.compose.compose_command_property, *arguments])

    def up(self, *services: str) -> None:
        """Start services that run for long and wait until they are healthy."""
        self.run("up", "--detach", "--wait", *services)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        found = self.run("ps", "--all", "--quiet", service).split()
        assert len(found) == 1, f"{service} has the containers {found}"
        return found[0]

    def inspect(self, service: str) -> Any:
        """What the engine tells of a service's container."""
        return json.loads(_run(["docker", "inspect", self.container(service)]))

    def submit(self, *arguments: str, savepoint: str | None = None) -> str:
        """Submit the job of the tests and wait until it runs; gives its id.

        Args:
            arguments: Of ``orders_job.py``.
            savepoint: The state that it begins with.
        """
        # A container that was replaced does not have it any more.
        self.run("cp", str(JOBS), "jobmanager:/tmp/")
        command = ["flink", "run", "--detached"]
        if savepoint is not None:
            command += ["--fromSavepoint", savepoint]
        command += ["-py", "/tmp/jobs/orders_job.py", *arguments]
        printed = self.run("exec", "-T", "jobmanager", *command)
        submitted = _SUBMITTED.search(printed)
        assert submitted, f"the job was not submitted: {printed}"
        self.flink.wait_until_running(submitted[1])
        return submitted[1]

    def kill(self, service: str) -> None:
        """Kill the container of a service with signal 9, for good."""
        _run(["docker", "kill", "--signal", "KILL", self.container(service)])

    def crash(self, service: str) -> None:
        """Kill the JVM of a service with signal 9, after which its container restarts."""
        # Of docker kill the engine knows that it was meant; of this it does not.
        self.run("exec", "-T", service, "pkill", "-KILL", "java")

    def replace(self, service: str) -> None:
        """Put a new container in the place of one; does not wait until it is healthy."""
        self.run("up", "--detach", "--no-deps", "--force-recreate", service)

    @contextmanager
    def cut_off(self, service: str) -> Iterator[None]:
        """Cut a service off the network: packets to and from it are lost."""
        container, network = self.container(service), f"{self.project}_default"
        _run(["docker", "network", "disconnect", network, container])
        try:
            yield
        finally:
            connect = ["docker", "network", "connect", "--alias", service, network, container]
            _run(connect)

    def logs(self) -> str:
        """What all containers have written."""
        return self.run("logs", "--no-color", "--no-log-prefix")


@contextmanager
def compose_project(folder: Path, keys: dict[str, str]) -> Iterator[Cluster]:
    """A project with a name and ports of its own, in which nothing has been started yet.

    It is removed afterwards with its volumes, also if this process is killed.

    Args:
        folder: For the files that it is set up with.
        keys: Keys of model servers, by the variables that the workers get.
    """
    ports = Ports.free()
    project = f"flink-agents-tests-{time.time_ns():x}"
    settings = {
        "COMPOSE_PROJECT_NAME": project,
        "FLINK_REST_PORT": str(ports.rest),
        "KAFKA_PORT": str(ports.kafka),
        "OLLAMA_PORT": str(ports.ollama),
        "MODEL_SERVER_PORT": str(ports.model_server),
        "MODEL_KEYS_FILE": str(_write_variables(folder / "models.env", keys)),
    }
    file = _write_variables(folder / "compose.env", settings)
    compose = DockerCompose(ROOT, env_file=str(file))
    # Services of any profile, which is an option before the command.
    down = ["--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5"]
    with run_at_the_end([*compose.compose_command_property, *down], str(ROOT)):
        cluster = Cluster(compose, project, ports)
        try:
            yield cluster
        finally:
            cluster.close()


def _write_variables(file: Path, variables: dict[str, str]) -> Path:
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return file


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        printed = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        raise AssertionError(f"{' '.join(command)} exited with {done.returncode}: {printed}")
    return done.stdout


__all__ = ["CLUSTER", "DEMO", "Cluster", "compose_project"]

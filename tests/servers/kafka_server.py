"""A real Kafka broker on loopback: one KRaft node, run from what Maven brings.

It is as the brokers of production are where that matters to a job: transactions may last 15
minutes at most, messages have 1 MB at most, and a topic that nobody made is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

from flink_agents.bridge.java_home import JavaNotFoundError, java_home
from tests.servers.guarded_server import (
    ServerMissingError,
    ServerStartError,
    cache_folder,
    guarded_server,
    is_required,
    locked,
)

_POM = Path(__file__).with_name("kafka") / "pom.xml"
_FETCH_CONNECTORS = Path(__file__).parents[2] / "scripts" / "fetch-connectors"
_STARTED = re.compile(r"Kafka Server started")
#: Tries to find two ports that nobody takes between the choice and the start.
_TRIES = 3

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# One broker keeps one copy of everything, also of its notes on offsets and transactions.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.enable=false
"""


@contextlib.contextmanager
def kafka_server() -> Iterator[str]:
    """Run a broker without topics; gives its address, as in ``127.0.0.1:9092``.

    Several at the same time share nothing but the files of the program.

    Raises:
        ServerMissingError: If there is no Java runtime, or no Maven to fetch the broker with.
    """
    libraries = kafka_libraries()
    try:
        java = str(Path(java_home(), "bin", "java"))
    except JavaNotFoundError as error:
        raise ServerMissingError(str(error)) from error
    for left in reversed(range(_TRIES)):
        with tempfile.TemporaryDirectory(prefix="kafka-") as home, contextlib.ExitStack() as stack:
            try:
                address = stack.enter_context(_running(java, libraries, Path(home)))
            except ServerStartError as error:
                if left and "Address already in use" in str(error):
                    continue
                raise
            yield address
            return


def kafka_libraries() -> Path:
    """The folder of the broker's jars; fetched with Maven if they are not in the cache.

    Raises:
        ServerMissingError: If they are not there and there is no Maven.
    """
    key = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"kafka-{key}"
    with locked(cache_folder() / "kafka.lock"):
        if folder.is_dir():
            return folder
        if shutil.which("mvn") is None:
            raise ServerMissingError(
                "There is no Maven (mvn) on PATH to fetch the Kafka broker with."
            )
        with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="kafka-fetch-") as scratch:
            command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies"]
            command += ["-DincludeScope=runtime", f"-DoutputDirectory={scratch}/libraries"]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode:
                raise ServerMissingError(
                    f"Maven could not fetch the Kafka broker: {(run.stdout + run.stderr)[-2000:]}"
                )
            Path(scratch, "libraries").rename(folder)
    return folder


def kafka_connector() -> Path:
    """Flink's connector for Kafka, as ``scripts/fetch-connectors`` gives it.

    Raises:
        ServerMissingError: If it cannot be fetched here.
    """
    run = subprocess.run([str(_FETCH_CONNECTORS)], capture_output=True, text=True)
    if run.returncode == 3:
        raise ServerMissingError(run.stderr.strip())
    if run.returncode:
        raise RuntimeError(f"{_FETCH_CONNECTORS.name} exited with {run.returncode}: {run.stderr}")
    return Path(run.stdout.strip())


@contextlib.contextmanager
def _running(java: str, libraries: Path, home: Path) -> Iterator[str]:
    broker, controller = _free_ports()
    properties = home / "kafka.properties"
    properties.write_text(
        _PROPERTIES.format(broker=broker, controller=controller, data=home / "data")
    )
    program = [java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    program += ["-cp", f"{libraries}/*"]
    _format(program, properties)
    command = [*program, "kafka.Kafka", str(properties)]
    with guarded_server(command, os.environ, home / "log", _STARTED):
        yield f"127.0.0.1:{broker}"


def _format(program: list[str], properties: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [*program, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"Kafka's storage could not be formatted: {run.stderr[-2000:]}")


def _free_ports() -> tuple[int, int]:
    # Both are held until both are chosen, so that they differ.
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]


__all__ = [
    "ServerMissingError",
    "is_required",
    "kafka_connector",
    "kafka_libraries",
    "kafka_server",
]

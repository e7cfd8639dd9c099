"""The home folder and the configuration file of a Flink cluster on loopback."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyflink
import yaml

#: Small enough for three processes beside the tests, large enough for workers of process mode.
_MEMORY = {
    "jobmanager.memory.process.size": "1200m",
    "taskmanager.memory.process.size": "1200m",
    "taskmanager.memory.managed.size": "128m",
    "taskmanager.memory.network.min": "32m",
    "taskmanager.memory.network.max": "32m",
}

#: Below those of connections on Linux, macOS and Windows.
_PORTS = range(15_000, 32_000)


def make_home(home: Path, jars: Sequence[Path]) -> Path:
    """Lay out the distribution that PyFlink brings, with more jars in its ``lib``."""
    distribution = Path(pyflink.__path__[0])
    for name in ("bin", "conf", "plugins"):
        shutil.copytree(distribution / name, home / name)
    # Flink looks into no folder that is a link, but takes files that are.
    for name in ("lib", "opt"):
        (home / name).mkdir()
        for jar in (distribution / name).iterdir():
            (home / name / jar.name).symlink_to(jar)
    for jar in jars:
        (home / "lib" / jar.name).symlink_to(jar)
    return home


def write_options(home: Path, rest_port: int, options: Mapping[str, Any]) -> None:
    """Write the configuration of a cluster whose folder is the one that its home is in.

    Args:
        home: As made by :func:`make_home`.
        rest_port: Of the REST API.
        options: Over the defaults here.
    """
    folder = home.parent
    (rpc_port,) = free_ports(1)
    own = {
        **_MEMORY,
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": rpc_port,
        "jobmanager.bind-host": "127.0.0.1",
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": rest_port,
        "heartbeat.interval": 1000,
        # A process that is only slow, on a machine with much to do, is not given up; one that is
        # gone is after two heartbeats that do not reach it.
        "heartbeat.timeout": 12_000,
        "io.tmp.dirs": str(folder / "tmp"),
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
        # Else the end of a cluster takes many seconds more.
        "cluster.services.shutdown-timeout": 1000,
    }
    path = home / "conf" / "config.yaml"
    # Only the JVM's options of the distribution are kept: the rest is its defaults for loopback.
    java: dict[str, Any] = yaml.safe_load(path.read_text())["env"]["java"]["opts"]
    written = {"env.java.opts.all": java["all"], **own, **options}
    path.write_text(yaml.safe_dump(written, width=10_000))


def free_ports(number: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on just now.

    They are none that a machine gives to connections by itself, of which there are many before a
    server has come so far as to take its port.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == number:
            return found
    raise OSError(f"there are no {number} free ports between {_PORTS[0]} and {_PORTS[-1]}")


__all__ = ["free_ports", "make_home", "write_options"]

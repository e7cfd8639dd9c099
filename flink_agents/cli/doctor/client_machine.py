"""What jobs need of this machine itself: loopback, ports and a folder for temporary files."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flink_agents.cli.doctor.check import Check, ok, problem, warning
from flink_agents.cli.doctor.rest import Rest, RestError

#: What a cluster of this machine listens on unless it is told otherwise.
_PORTS = {8081: "rest.port", 6123: "jobmanager.rpc.port"}
_LITTLE_SPACE = 1_000_000_000
_TOO_LITTLE_SPACE = 100_000_000


def loopback() -> Check:
    """Whether programs of this machine reach each other, as PyFlink and its Java do."""
    fix = "Bring the loopback interface up, and let /etc/hosts have the line: 127.0.0.1 localhost"
    try:
        addresses = {str(each[4][0]) for each in socket.getaddrinfo("localhost", None)}
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            with socket.create_connection(address, timeout=5):
                pass
    except OSError as error:
        return problem("loopback", f"no connection to 127.0.0.1: {error}", fix)
    if "127.0.0.1" not in addresses:
        return problem("loopback", f"localhost is {', '.join(sorted(addresses))}", fix)
    return ok("loopback", "free ports can be opened and reached")


def ports(rest_url: str | None) -> Iterator[Check]:
    """Whether a cluster could be started here with Flink's usual ports.

    Args:
        rest_url: The cluster that is looked at anyway: its port is taken by right.
    """
    for port, option in _PORTS.items():
        if _is_free(port):
            yield ok("ports", f"{port} is free ({option})")
        elif option == "rest.port":
            yield _taken_rest_port(port, rest_url)
        elif rest_url is None or not _is_local(rest_url):
            yield warning(
                "ports",
                f"{port} is taken: another cluster cannot start here with its usual {option}",
                f"Only for a cluster on this machine: set {option}: {_free_port()}",
            )


def temporary_folder() -> Check:
    """The folder for temporary files, where Flink keeps state, jars and archives."""
    named = os.environ.get("TMPDIR")
    if named and not _can_write(Path(named)):
        return problem(
            "temporary folder",
            f"TMPDIR is {named}, where no file can be written",
            "unset TMPDIR, or set it to a folder that you may write: mkdir -p $TMPDIR",
        )
    try:
        folder = Path(tempfile.gettempdir())
    except OSError as error:
        return problem("temporary folder", str(error), "export TMPDIR=FOLDER that you may write")
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {free / 1e9:.1f} GB free"
    fix = "Make room there, or set TMPDIR (and io.tmp.dirs of the cluster) to a larger folder."
    if free < _TOO_LITTLE_SPACE:
        return problem("temporary folder", f"{folder} has only {free / 1e6:.0f} MB free", fix)
    if free < _LITTLE_SPACE:
        return warning("temporary folder", found, fix)
    return ok("temporary folder", found)


def _taken_rest_port(port: int, rest_url: str | None) -> Check:
    if rest_url is not None and urlsplit(rest_url).port == port and _is_local(rest_url):
        return ok("ports", f"{port} is the cluster's")
    address = f"http://127.0.0.1:{port}"
    try:
        version = Rest(address, timeout=5).overview().version
    except RestError:
        return warning(
            "ports",
            f"{port} is taken, and not by Flink: a cluster cannot start here with its usual port",
            f"Only for a cluster on this machine: set rest.port: {_free_port()} and use "
            f"--rest-url http://localhost:{_free_port()}",
        )
    return ok("ports", f"{port} is a cluster of Flink {version}: look with --rest-url {address}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError:
        return False
    return True

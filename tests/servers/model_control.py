"""The model server of the tests as a process, and from the outside."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.chaos.ledger import Ledger
from tests.cluster.flink_home import free_ports
from tests.environment import clean_environment
from tests.servers.guarded_server import guarded_server
from tests.servers.model_server import Behaviour, Stats

_ROOT = Path(__file__).parents[2]


class ModelControl:
    """The model server, from the outside.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=20)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def behave(self, behaviour: Behaviour) -> None:
        """Answer like this from now on."""
        self._client.post("/behaviour", json=behaviour.__dict__).raise_for_status()

    def counts(self, prefix: str) -> dict[str, int]:
        """How often each call was asked whose name begins so."""
        return self._client.get("/counts", params={"prefix": prefix}).raise_for_status().json()

    def stats(self) -> Stats:
        """What it has seen."""
        return Stats(**self._client.get("/stats").raise_for_status().json())


@contextmanager
def model_server(folder: Path, ledger: Ledger) -> Iterator[ModelControl]:
    """A model server on this machine, which ends with this process however that ends.

    Args:
        folder: For its log.
        ledger: Where it writes down each call.
    """
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.servers.model_server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--ledger", ledger.path]
    environment = clean_environment(PYTHONPATH=str(_ROOT), PYTHONUNBUFFERED="1")
    log = folder / "model-server.log"
    with guarded_server(command, environment, log, re.compile("Running on")):
        control = ModelControl(f"http://127.0.0.1:{port}")
        try:
            yield control
        finally:
            control.close()


__all__ = ["ModelControl", "model_server"]

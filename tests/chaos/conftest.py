"""Fixtures of the chaos tests: a run with its own model server, ledger and observer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.ledger import Ledger
from tests.chaos.mini_cluster import MiniClusterRun
from tests.flink.conftest import flink_env
from tests.servers.model_control import model_server

__all__ = ["flink_env", "run"]


@pytest.fixture
def run(tmp_path: Path, flink_env: Any) -> Iterator[MiniClusterRun]:
    """A run on MiniClusters. Nothing strikes after its end."""
    with model_server(tmp_path, Ledger(str(tmp_path / "ledger"))) as model:
        run = MiniClusterRun(tmp_path, flink_env, model)
        try:
            yield run
        finally:
            run.end()

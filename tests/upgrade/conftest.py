"""The fixture of jobs on a MiniCluster."""

from __future__ import annotations

from tests.flink.conftest import flink_env

__all__ = ["flink_env"]

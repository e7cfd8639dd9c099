"""Jobs with PyFlink's own operators in the place of ours, to see what those do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyflink.common import Types

from flink_agents.runtime.flink import java_operators


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have them in the jobs that are built from now on, until the test ends."""
    monkeypatch.setattr(java_operators, "key_by", _key_by)
    monkeypatch.setattr(java_operators, "process", _process)


def _key_by(stream: Any, select: Callable[[Any], str]) -> Any:
    return stream.key_by(select, Types.STRING())


def _process(stream: Any, function: Any, output_type: Any) -> Any:
    return stream.process(function, output_type)


__all__ = ["use"]

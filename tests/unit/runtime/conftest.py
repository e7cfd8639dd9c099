"""Each test starts with a fresh model and fresh counts and must leave no thread behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.unit.runtime.scripted import Model, Shared


@pytest.fixture(autouse=True)
def fresh_model() -> Iterator[None]:
    Model.asked.clear()
    Model.ended.clear()
    Model.in_flight = Model.most_in_flight = 0
    Model.latency = 0.0
    Model.hangs_at = 0
    Model.answer = lambda messages, kwargs: f"re: {messages[-1].content}"
    Shared.both = threading.Barrier(2, timeout=10)
    Shared.made.clear()
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 10
    while left := [t for t in threading.enumerate() if t not in before and t.is_alive()]:
        assert time.monotonic() < deadline, f"threads are left: {left}"
        time.sleep(0.01)

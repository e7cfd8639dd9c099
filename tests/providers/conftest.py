"""Fixtures of the provider tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.providers import openai_protocol
from tests.providers.recorded_server import RecordedServer


@pytest.fixture
def openai_server() -> Iterator[RecordedServer]:
    """A server that takes what OpenAI takes and answers what the test scripts."""
    with RecordedServer(openai_protocol.check) as server:
        yield server

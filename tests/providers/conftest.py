"""Fixtures of the provider tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.providers import (
    anthropic_protocol,
    azure_protocol,
    dashscope_protocol,
    ollama_protocol,
    openai_protocol,
)
from tests.providers.recorded_server import RecordedServer
from tests.servers.ollama_server import ServerMissingError, is_required, ollama_server


@pytest.fixture
def openai_server() -> Iterator[RecordedServer]:
    """A server that takes what OpenAI takes and answers what the test scripts."""
    with RecordedServer(openai_protocol.check) as server:
        yield server


@pytest.fixture
def anthropic_server() -> Iterator[RecordedServer]:
    """A server that takes what Anthropic takes and answers what the test scripts."""
    with RecordedServer(anthropic_protocol.check) as server:
        yield server


@pytest.fixture
def azure_server() -> Iterator[RecordedServer]:
    """A server that takes what Azure AI takes and answers what the test scripts."""
    with RecordedServer(azure_protocol.check) as server:
        yield server


@pytest.fixture
def dashscope_server() -> Iterator[RecordedServer]:
    """A server that takes what DashScope takes and answers what the test scripts."""
    with RecordedServer(dashscope_protocol.check) as server:
        yield server


@pytest.fixture
def ollama_recorded() -> Iterator[RecordedServer]:
    """A server that takes what Ollama takes and answers what the test scripts."""
    with RecordedServer(ollama_protocol.check) as server:
        yield server


@pytest.fixture(scope="session")
def ollama() -> Iterator[str]:
    """URL of a real Ollama server with the models ``chat``, ``tools`` and ``think``."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(ollama_server())
        except ServerMissingError as missing:
            (pytest.fail if is_required() else pytest.skip)(str(missing))
        yield url

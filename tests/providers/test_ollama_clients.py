"""Ollama: who shares a client, how many connections it opens, and which way they go."""

from __future__ import annotations

from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.integrations.chat_models.ollama.ollama_client import (
    CLIENTS,
    ClientSettings,
    OllamaClient,
)
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection
from tests.providers.ollama_protocol import OLLAMA, text
from tests.providers.recorded_server import RecordedServer

HI = [ChatMessage(content="Hi.")]


async def talk(connection: OllamaChatModelConnection, times: int = 1) -> None:
    for _ in range(times):
        assert (await connection.achat(HI, model="m")).content == "Hello."


@pytest.fixture(autouse=True)
def all_clients_are_closed_in_the_end() -> Any:
    yield
    assert len(CLIENTS) == 0


@pytest.fixture
def server(ollama_recorded: RecordedServer) -> RecordedServer:
    ollama_recorded.always(lambda _: text())
    return ollama_recorded


def settings(base_url: str) -> ClientSettings:
    return ClientSettings(base_url, timeout=5.0, max_connections=1)


PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("base_url", "proxy"),
    [
        ("http://localhost:11434", None),
        ("http://127.0.0.1:11434", None),
        ("http://[::1]:11434", None),
        ("http://models.example", PROXY),
        ("http://models.internal", None),
        ("https://models.example", None),
    ],
)
def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(
    base_url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", ".internal")
    assert settings(base_url).proxy == proxy


def test_a_proxy_does_not_keep_a_call_from_this_machine(
    server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert OLLAMA.connect(server).chat(HI, model="m").content == "Hello."


def test_the_path_and_the_user_of_the_url_are_kept() -> None:
    given = settings("http://me:p%40ss@models.example/ollama")
    assert given.credentials == ("me", "p@ss")
    assert str(OllamaClient(given)._client.base_url) == "http://models.example/ollama/"

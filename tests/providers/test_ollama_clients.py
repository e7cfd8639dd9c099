"""Ollama: who shares a client, how many connections it opens, and which way they go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelTimeoutError
from flink_agents.integrations.chat_models.ollama.ollama_client import (
    CLIENTS,
    ClientSettings,
    OllamaClient,
)
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection
from tests.providers.ollama_protocol import OLLAMA, streamed, text
from tests.providers.recorded_server import RecordedServer, Reset, Silence

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


def test_equal_connections_share_a_client_and_the_last_one_closes_it(
    server: RecordedServer,
) -> None:
    async def run() -> None:
        first, second = OLLAMA.connect(server), OLLAMA.connect(server)
        await talk(first, times=3)
        await talk(second)
        assert len(CLIENTS) == 1
        await first.aclose()
        await talk(second)
        await second.aclose()
        assert len(CLIENTS) == 0

    asyncio.run(run())
    assert len(server.connections) == 1


def test_connections_that_differ_do_not_share(server: RecordedServer) -> None:
    async def run() -> None:
        first, second = OLLAMA.connect(server), OLLAMA.connect(server, request_timeout=5.0)
        await talk(first)
        await talk(second)
        assert len(CLIENTS) == 2
        await first.aclose()
        await second.aclose()

    asyncio.run(run())


def test_no_more_connections_are_opened_than_calls_may_be_in_flight(
    server: RecordedServer,
) -> None:
    async def run() -> None:
        connection = OLLAMA.connect(server)
        connection.set_max_in_flight(7)
        await asyncio.gather(*(talk(connection) for _ in range(60)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 60
    assert server.max_in_flight == 7
    assert len(server.connections) == 7


def test_a_thousand_calls_may_be_in_flight(server: RecordedServer) -> None:
    async def run() -> None:
        connection = OLLAMA.connect(server)
        connection.set_max_in_flight(1000)
        await asyncio.gather(*(talk(connection) for _ in range(1000)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 1000
    assert server.refusals == []


def test_to_wait_for_an_own_connection_does_not_count_as_time_out(server: RecordedServer) -> None:
    async def run() -> None:
        connection = OLLAMA.connect(server, request_timeout=0.25)
        connection.set_max_in_flight(1)
        # Each takes 0.01 s at least: the last waits longer than the time-out for its turn.
        await asyncio.gather(*(talk(connection) for _ in range(40)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 40


def test_a_connection_that_failed_is_replaced(server: RecordedServer) -> None:
    server.script(Reset(), Silence())

    async def run() -> None:
        connection = OLLAMA.connect(server, request_timeout=0.3)
        connection.set_max_in_flight(1)
        for _ in range(2):
            with pytest.raises(Exception, match="Ollama model 'm'"):
                await talk(connection)
        await talk(connection, times=2)
        await connection.aclose()

    asyncio.run(run())
    assert len(server.connections) == 3


def test_a_call_that_is_cancelled_gives_its_connection_back(server: RecordedServer) -> None:
    server.script(Silence())

    async def run() -> None:
        connection = OLLAMA.connect(server)
        connection.set_max_in_flight(1)
        call = asyncio.create_task(talk(connection))
        while not server.requests:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await talk(connection)
        await connection.aclose()

    asyncio.run(run())


def test_the_time_out_of_a_streamed_answer_counts_from_piece_to_piece(
    server: RecordedServer,
) -> None:
    # 500 pieces, at least a millisecond apart.
    server.script(streamed(*[{"content": "x"}] * 500))

    async def run() -> int:
        connection = OLLAMA.connect(server, request_timeout=0.4)
        chunks = [chunk async for chunk in connection.achat_stream(HI, model="m")]
        await connection.aclose()
        return len(chunks)

    assert asyncio.run(run()) == 501


def test_a_blocking_call_leaves_no_client_behind(server: RecordedServer) -> None:
    connection = OLLAMA.connect(server)
    for _ in range(2):
        assert connection.chat(HI, model="m").content == "Hello."
        assert len(CLIENTS) == 0


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


def test_the_time_out_is_that_of_the_connection(server: RecordedServer) -> None:
    server.script(Silence())
    with pytest.raises(ModelTimeoutError, match=r"no answer within 0\.2 s"):
        OLLAMA.connect(server, request_timeout=0.2).chat(HI, model="m")

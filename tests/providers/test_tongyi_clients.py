"""Tongyi: who shares connections, how many are opened, and when they are closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.integrations.chat_models.tongyi.dashscope_client import CLIENTS
from tests.providers.dashscope_protocol import TONGYI, text
from tests.providers.recorded_server import (
    RecordedServer,
)

HI = [ChatMessage(content="Hi.")]


async def talk(connection: Any, times: int = 1) -> None:
    for _ in range(times):
        assert (await connection.achat(HI, model="qwen-plus")).content == "Hello."


@pytest.fixture(autouse=True)
def all_clients_are_closed_in_the_end() -> Any:
    yield
    assert len(CLIENTS) == 0


@pytest.fixture
def server(dashscope_server: RecordedServer) -> RecordedServer:
    dashscope_server.always(lambda _: text())
    return dashscope_server


def test_connections_share_a_client_but_no_key(server: RecordedServer) -> None:
    async def run() -> None:
        first, second = TONGYI.connect(server), TONGYI.connect(server, api_key="sk-other")
        await talk(first)
        await talk(second)
        assert len(CLIENTS) == 1
        await first.aclose()
        await talk(second)
        assert len(CLIENTS) == 1
        await second.aclose()

    asyncio.run(run())
    keys = [request.headers["Authorization"] for request in server.requests]
    assert keys == ["Bearer sk-dashscope-test", "Bearer sk-other", "Bearer sk-other"]
    assert len(server.connections) == 1


def test_no_more_connections_are_opened_than_calls_may_be_in_flight(
    server: RecordedServer,
) -> None:
    async def run() -> None:
        connection = TONGYI.connect(server)
        connection.set_max_in_flight(7)
        await asyncio.gather(*(talk(connection) for _ in range(60)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 60
    assert server.max_in_flight == 7
    assert len(server.connections) == 7


def test_to_wait_for_an_own_connection_does_not_count_as_time_out(server: RecordedServer) -> None:
    async def run() -> None:
        connection = TONGYI.connect(server, request_timeout=0.3)
        connection.set_max_in_flight(1)
        # The server takes 10 ms for each, so the last one waits for longer than the time-out.
        await asyncio.gather(*(talk(connection) for _ in range(60)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 60


@pytest.mark.timeout(120)
def test_a_thousand_calls_are_in_flight_at_once() -> None:
    calls, arrived = 1000, 0
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == calls:
            release.set()
        await release.wait()
        body = text().body
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        await reader.read()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=calls)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = TONGYI.connection(**TONGYI.arguments(url))
        connection.set_max_in_flight(calls)
        await asyncio.gather(*(talk(connection) for _ in range(calls)))
        await connection.aclose()
        server.close()
        await server.wait_closed()

    asyncio.run(run())
    assert arrived == calls


def test_code_that_is_not_async_leaves_nothing_open(server: RecordedServer) -> None:
    connection = TONGYI.connect(server)
    assert connection.chat(HI, model="qwen-plus").content == "Hello."

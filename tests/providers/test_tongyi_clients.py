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

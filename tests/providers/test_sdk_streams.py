"""OpenAI and Anthropic: a stream that is closed has ended when closing returns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.integrations.chat_models.sdk_client import Sdk
from tests.providers.anthropic_protocol import ANTHROPIC
from tests.providers.asking import OPENAI, Asked

OPENAI_EVENT = {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}
ANTHROPIC_EVENT = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "text", "text": "Hel"},
}


@pytest.mark.parametrize(
    ("provider", "event"), [(OPENAI, OPENAI_EVENT), (ANTHROPIC, ANTHROPIC_EVENT)]
)
def test_nothing_of_it_is_left_to_the_garbage_collector(
    provider: Asked, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    async def events(*_: Any) -> AsyncGenerator[Any, None]:
        try:
            while True:
                yield event
        finally:
            ended.append(True)

    monkeypatch.setattr(Sdk, "stream", events)

    async def run() -> None:
        connection = provider.connection(**provider.arguments("http://127.0.0.1:9"))
        asked = [ChatMessage(content="Hi.")]
        stream = connection.achat_stream(asked, model="m", max_tokens=9)
        assert (await anext(stream)).content == "Hel"
        await stream.aclose()
        assert ended == [True]
        await connection.aclose()

    asyncio.run(run())

"""The OpenAI provider against the real Ollama server's face of that protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatChunk, ChatMessage
from tests.providers.asking import KEY, OpenAIChatModelConnection

# The time limit holds for the making of the server, too.
pytestmark = [pytest.mark.ollama, pytest.mark.timeout(900)]

QUESTION = ChatMessage(content="What is the capital of France?")


class City(BaseModel):
    name: str = Field(max_length=20)
    people: int = Field(ge=0, le=99)


@pytest.fixture
def connection(ollama: str) -> OpenAIChatModelConnection:
    return OpenAIChatModelConnection(**KEY, api_base_url=f"{ollama}/v1", timeout=100)


def ask(connection: OpenAIChatModelConnection, *messages: ChatMessage, **more: Any) -> ChatMessage:
    return connection.chat(messages or [QUESTION], **{"model": "chat", **more})


def test_its_answer_has_the_form_of_the_schema(connection: OpenAIChatModelConnection) -> None:
    schema = OutputSchema(output_schema=City)
    answer = ask(connection, output_schema=schema.json_schema())
    assert isinstance(schema.parse(answer.content), City)


def test_it_tells_what_it_thought(connection: OpenAIChatModelConnection) -> None:
    answer = ask(connection, model="think", reasoning_effort=None)
    assert answer.content
    assert answer.extra_args["reasoning"]


@pytest.mark.parametrize("model", ["chat", "think"])
def test_it_answers_in_pieces(connection: OpenAIChatModelConnection, model: str) -> None:
    async def run() -> list[ChatChunk]:
        chunks = [chunk async for chunk in connection.achat_stream([QUESTION], model=model)]
        await connection.aclose()
        return chunks

    *pieces, last = asyncio.run(run())
    assert last.message is not None
    assert len(pieces) > 1
    assert "".join(piece.content for piece in pieces) == last.message.content
    assert any(piece.reasoning for piece in pieces) == (model == "think")
    assert last.message.extra_args["completionTokens"] > 1

"""The Anthropic provider against the real Ollama server's face of that protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection

# The time limit holds for the making of the server, too.
pytestmark = [pytest.mark.ollama, pytest.mark.timeout(900)]

QUESTION = ChatMessage(content="What is the capital of France?")


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def connection(ollama: str) -> AnthropicChatModelConnection:
    return AnthropicChatModelConnection(api_key=SecretStr("none"), api_base_url=ollama, timeout=100)


def ask(
    connection: AnthropicChatModelConnection, *messages: ChatMessage, **more: Any
) -> ChatMessage:
    return connection.chat(messages or [QUESTION], **{"model": "chat", "max_tokens": 100, **more})


def test_it_answers_with_text_and_usage(connection: AnthropicChatModelConnection) -> None:
    answer = ask(connection, max_tokens=3)
    assert answer.content
    assert answer.extra_args["completionTokens"] == 3
    assert answer.extra_args["promptTokens"] > 5
    assert answer.extra_args["finish_reason"] == "max_tokens"


def test_a_system_message_is_taken(connection: AnthropicChatModelConnection) -> None:
    brief = ChatMessage(role=MessageRole.SYSTEM, content="Be brief.")
    with_system = ask(connection, brief, QUESTION, max_tokens=3).extra_args["promptTokens"]
    assert with_system > ask(connection, max_tokens=3).extra_args["promptTokens"]


def test_it_takes_a_tool_round(connection: AnthropicChatModelConnection) -> None:
    question = ChatMessage(content="add 17 and 25")
    asked: dict[str, Any] = {"model": "tools", "max_tokens": 100}
    asking = connection.chat([question], [FunctionTool(add)], **asked)
    (call,) = asking.tool_calls
    assert call["function"]["name"] == "add"
    assert isinstance(call["function"]["arguments"], dict)
    result = ChatMessage(
        role=MessageRole.TOOL, content="42", extra_args={"external_id": call["original_id"]}
    )
    answer = connection.chat([question, asking, result], [FunctionTool(add)], **asked)
    assert "42" in answer.content


def test_it_answers_in_pieces(connection: AnthropicChatModelConnection) -> None:
    async def run() -> list[ChatChunk]:
        streamed = connection.achat_stream([QUESTION], model="chat", max_tokens=100)
        chunks = [chunk async for chunk in streamed]
        await connection.aclose()
        return chunks

    *pieces, last = asyncio.run(run())
    assert last.message is not None
    assert len(pieces) > 1
    assert "".join(piece.content for piece in pieces) == last.message.content
    assert last.message.extra_args["completionTokens"] > 1


def test_a_model_that_is_not_there_is_named(connection: AnthropicChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"status 404.*nope"):
        ask(connection, model="nope")

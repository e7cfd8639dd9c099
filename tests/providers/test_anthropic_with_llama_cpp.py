"""Anthropic's protocol against a real server with a real, tiny model: form only, never meaning."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection
from tests.providers.anthropic_protocol import KEY

GIVEN: dict[str, Any] = {"model": "smollm2", "temperature": 0.0, "max_tokens": 60}


class City(BaseModel):
    name: str


@pytest.fixture
def connection(llama_cpp: str) -> AnthropicChatModelConnection:
    return AnthropicChatModelConnection(**KEY, api_base_url=llama_cpp, timeout=100, max_retries=0)


def ask(
    connection: AnthropicChatModelConnection, *messages: ChatMessage, **arguments: Any
) -> ChatMessage:
    asked = messages or [ChatMessage(content="Name a city.")]
    return connection.chat(asked, **{**GIVEN, **arguments})


def test_it_goes_on_with_an_answer_that_is_begun(connection: AnthropicChatModelConnection) -> None:
    schema = OutputSchema(output_schema=City).json_schema()
    answer = ask(connection, output_schema=schema, json_prefill=True, max_tokens=10)
    assert answer.content.startswith("{")
    assert not answer.content[1:].lstrip().startswith("{")


def test_it_stops_at_a_stop_sequence(connection: AnthropicChatModelConnection) -> None:
    answer = ask(connection, stop_sequences=["e"])
    assert "e" not in answer.content
    assert answer.extra_args["stop_sequence"] == "e"


def test_a_conversation_of_system_messages_alone_is_taken(
    connection: AnthropicChatModelConnection,
) -> None:
    system = ChatMessage(role=MessageRole.SYSTEM, content="Name a city.")
    assert ask(connection, system, max_tokens=5).content


@pytest.mark.parametrize("arguments", [{"a": 1}, '{"a": 1'])
def test_it_takes_a_tool_round_with_thinking(
    connection: AnthropicChatModelConnection, arguments: Any
) -> None:
    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "add", "arguments": arguments},
        "original_id": "toolu_1",
    }
    thought = {"type": "thinking", "thinking": "Add them.", "signature": ""}
    answer = connection.chat(
        [
            ChatMessage(role=MessageRole.SYSTEM, content="Be brief."),
            ChatMessage(content="1 + 2?"),
            ChatMessage(
                role=MessageRole.ASSISTANT,
                content="Wait.",
                tool_calls=[call],
                extra_args={"reasoning_blocks": [thought]},
            ),
            ChatMessage(role=MessageRole.TOOL, content="3", extra_args={"external_id": "toolu_1"}),
        ],
        [FunctionTool(add)],
        **{**GIVEN, "max_tokens": 5},
    )
    assert answer.content or answer.tool_calls


def test_it_says_what_it_does_not_take(connection: AnthropicChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"status 400.*max_tokens.*must be number"):
        ask(connection, max_tokens="many")

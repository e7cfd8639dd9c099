"""The Anthropic provider against the real Ollama server's face of that protocol."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection

# The time limit holds for the making of the server, too.
pytestmark = [pytest.mark.ollama, pytest.mark.timeout(900)]

QUESTION = ChatMessage(content="What is the capital of France?")


@pytest.fixture
def connection(ollama: str) -> AnthropicChatModelConnection:
    return AnthropicChatModelConnection(api_key=SecretStr("none"), api_base_url=ollama, timeout=100)


def ask(
    connection: AnthropicChatModelConnection, *messages: ChatMessage, **more: Any
) -> ChatMessage:
    return connection.chat(messages or [QUESTION], **{"model": "chat", "max_tokens": 100, **more})


def test_a_system_message_is_taken(connection: AnthropicChatModelConnection) -> None:
    brief = ChatMessage(role=MessageRole.SYSTEM, content="Be brief.")
    with_system = ask(connection, brief, QUESTION, max_tokens=3).extra_args["promptTokens"]
    assert with_system > ask(connection, max_tokens=3).extra_args["promptTokens"]

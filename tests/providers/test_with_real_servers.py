"""Protocols against real servers with real, tiny models: form only, never meaning.

What a server has in one protocol alone is in ``test_*_with_*.py`` and ``test_ollama_real.py``.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from tests.providers.every_provider import BY_NAME, Provider, each_provider
from tests.providers.trial import add

OPENAI, ANTHROPIC, OLLAMA = BY_NAME["OpenAI"], BY_NAME["Anthropic"], BY_NAME["Ollama"]
QUESTION = ChatMessage(content="What is the capital of France?")

# The time limit holds for the making of the server, too.
ollama_server = [pytest.mark.ollama, pytest.mark.timeout(900)]
each_server = pytest.mark.parametrize(
    ("server", "model", "provider"),
    [
        ("llama_cpp", "smollm2", OPENAI),
        ("llama_cpp", "smollm2", ANTHROPIC),
        *[
            pytest.param("ollama", "chat", one, marks=ollama_server)
            for one in (OPENAI, ANTHROPIC, OLLAMA)
        ],
    ],
    ids=str,
)


def connect(request: pytest.FixtureRequest, server: str, provider: Provider) -> Any:
    """A connection that has time."""
    given = provider.asked.arguments(request.getfixturevalue(server))
    return provider.asked.connection(**{**given, provider.timeout: 100})


def limited(provider: Provider, tokens: int) -> dict[str, Any]:
    """Arguments of a call for an answer that is not longer."""
    return {"num_predict" if provider is OLLAMA else "max_tokens": tokens, "temperature": 0.0}


@each_server
def test_it_answers_with_text_and_usage(
    request: pytest.FixtureRequest, server: str, model: str, provider: Provider
) -> None:
    connection = connect(request, server, provider)
    answer = connection.chat([QUESTION], model=model, **limited(provider, 3))
    assert answer.role is MessageRole.ASSISTANT
    assert answer.content
    told = answer.extra_args
    assert told["model_name"]
    assert told["completionTokens"] == 3
    # What a server has in its cache may not be counted as prompt.
    assert told["promptTokens"] + told.get("cache_read_input_tokens", 0) > 5
    assert told["finish_reason"] == ("max_tokens" if provider is ANTHROPIC else "length")


@each_server
def test_it_answers_in_pieces(
    request: pytest.FixtureRequest, server: str, model: str, provider: Provider
) -> None:
    connection = connect(request, server, provider)

    async def run() -> list[ChatChunk]:
        asked = {"model": model, **limited(provider, 5)}
        chunks = [chunk async for chunk in connection.achat_stream([QUESTION], **asked)]
        await connection.aclose()
        return chunks

    *pieces, last = asyncio.run(run())
    assert last.message is not None
    assert len(pieces) > 1
    assert "".join(piece.content for piece in pieces) == last.message.content
    assert last.message.extra_args["completionTokens"] > 1


@each_provider([OPENAI, ANTHROPIC, OLLAMA])
@pytest.mark.ollama
@pytest.mark.timeout(900)
def test_it_takes_a_tool_round(request: pytest.FixtureRequest, provider: Provider) -> None:
    connection, tools = connect(request, "ollama", provider), [FunctionTool(add)]
    asked = {"model": "tools", **limited(provider, 100)}
    question = ChatMessage(content="add 17 and 25")
    asking = connection.chat([question], tools, **asked)
    (call,) = asking.tool_calls
    assert call["function"]["name"] == "add"
    assert isinstance(call["function"]["arguments"], dict)
    names = {"external_id": call["original_id"], "tool_name": "add"}
    result = ChatMessage(role=MessageRole.TOOL, content="42", extra_args=names)
    assert "42" in connection.chat([question, asking, result], tools, **asked).content


@pytest.mark.parametrize("arguments", [{"a": 1}, '{"a": 1'], ids=["object", "malformed"])
def test_a_server_that_fills_a_template_takes_a_tool_round(llama_cpp: str, arguments: Any) -> None:
    given = {**OPENAI.asked.arguments(llama_cpp), "timeout": 100}
    connection = OPENAI.asked.connection(**given)
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "add", "arguments": arguments},
        "original_id": "call_1",
    }
    conversation = [
        ChatMessage(role=MessageRole.SYSTEM, content="Be brief."),
        ChatMessage(content="1 + 2?"),
        ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[call]),
        ChatMessage(role=MessageRole.TOOL, content="3", extra_args={"external_id": "call_1"}),
    ]
    how = {"model": "smollm2", **limited(OPENAI, 5)}
    answer = connection.chat(conversation, [FunctionTool(add)], **how)
    assert answer.content or answer.tool_calls


@each_provider([OPENAI, ANTHROPIC, OLLAMA])
@pytest.mark.ollama
@pytest.mark.timeout(900)
def test_a_model_that_is_not_there_is_named(
    request: pytest.FixtureRequest, provider: Provider
) -> None:
    connection = connect(request, "ollama", provider)
    with pytest.raises(ModelRequestError, match=r"status 404.*nope"):
        connection.chat([QUESTION], model="nope", **limited(provider, 3))

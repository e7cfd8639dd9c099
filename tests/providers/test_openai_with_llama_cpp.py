"""OpenAI's protocol against a real server with a real, tiny model: form only, never meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelRequestError
from tests.providers.asking import KEY, OpenAIChatModelConnection


class City(BaseModel):
    name: str = Field(max_length=20)
    people: int = Field(default=1, ge=0, le=99)


@pytest.fixture
def connection(llama_cpp: str) -> OpenAIChatModelConnection:
    return OpenAIChatModelConnection(**KEY, api_base_url=f"{llama_cpp}/v1", timeout=100)


def ask(
    connection: OpenAIChatModelConnection, *messages: ChatMessage, **arguments: Any
) -> ChatMessage:
    given = {"model": "smollm2", "temperature": 0.0, "max_tokens": 60}
    return connection.chat(
        messages or [ChatMessage(content="Name a city.")], **{**given, **arguments}
    )


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


def test_it_says_what_it_does_not_take(connection: OpenAIChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"status 400.*bogus"):
        ask(connection, output_schema={"title": "X", "type": "bogus"})

"""Ollama: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.ollama_chat_model import (
    OllamaChatModelConnection,
)
from tests.providers import asking
from tests.providers.ollama_protocol import OLLAMA, cannot_think, text, thinking
from tests.providers.recorded_server import Answer, RecordedRequest, RecordedServer
from tests.providers.trial import add

ABSENT = "not on the wire"


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=OLLAMA, **arguments)


def test_extract_reasoning_is_not_sent_but_decides_what_comes_back(
    ollama_recorded: RecordedServer,
) -> None:
    tagged = "<think>In tags.</think>42"
    ollama_recorded.always(lambda _: thinking("In a field.", tagged))
    apart = ask(ollama_recorded)
    assert apart.content == "42"
    assert apart.extra_args["reasoning"] == "In a field.\nIn tags."
    whole = ask(ollama_recorded, setup={"extract_reasoning": False})
    assert whole.content == tagged
    assert "reasoning" not in whole.extra_args
    assert all("extract_reasoning" not in str(r.body) for r in ollama_recorded.requests)


def test_the_connections_defaults_are_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is documented counts, not the environment.
    monkeypatch.setenv("OLLAMA_HOST", "10.0.0.1:80")
    connection = OllamaChatModelConnection()
    assert connection.base_url == "http://localhost:11434"
    assert connection.request_timeout == 30.0


def only_those_that_think(request: RecordedRequest) -> Answer:
    return cannot_think() if request.body.get("think") else text()


def thoughts(server: RecordedServer) -> list[Any]:
    return [request.body.get("think", ABSENT) for request in server.requests]


def test_by_default_a_model_that_cannot_think_is_asked_again_without_and_that_is_remembered(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.always(only_those_that_think)

    async def run() -> None:
        connection = OLLAMA.connect(ollama_recorded)
        model = OLLAMA.set_up(connection)
        for _ in range(2):
            assert (await model.achat([ChatMessage(content="Hi.")])).content == "Hello."
        other = OLLAMA.set_up(connection, model="other")
        assert (await other.achat([ChatMessage(content="Hi.")])).content == "Hello."
        await connection.aclose()

    asyncio.run(run())
    assert thoughts(ollama_recorded) == [True, ABSENT, ABSENT, True, ABSENT]


@pytest.mark.parametrize("think", [True, "low"])
def test_thinking_that_was_asked_for_has_to_be_possible(
    ollama_recorded: RecordedServer, think: Any
) -> None:
    ollama_recorded.always(only_those_that_think)
    with pytest.raises(ModelRequestError, match=r"does not support thinking.*Set think=False"):
        ask(ollama_recorded, setup={"think": think})
    assert thoughts(ollama_recorded) == [think]


def test_other_refusals_are_not_asked_again(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(Answer.of({"error": "no"}, 400))
    with pytest.raises(ModelRequestError, match="status 400: no"):
        ask(ollama_recorded)
    assert thoughts(ollama_recorded) == [True]


class City(BaseModel):
    name: str
    people: int = 1


SCHEMA = OutputSchema(output_schema=City).json_schema()


def test_a_schema_becomes_the_format(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, output_schema=SCHEMA)
    assert ollama_recorded.only_request.body["format"] == SCHEMA


def test_with_tools_the_schema_is_told_in_words_because_a_format_forbids_calls(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, output_schema=SCHEMA, tools=[add])
    sent = ollama_recorded.only_request.body
    assert "format" not in sent
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert "JSON schema" in sent["messages"][0]["content"]


@pytest.mark.parametrize("chosen", ["json", None])
def test_another_format_can_be_chosen(ollama_recorded: RecordedServer, chosen: Any) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, setup={"additional_kwargs": {"format": chosen}}, output_schema=SCHEMA)
    sent = ollama_recorded.only_request.body
    assert sent.get("format") == chosen
    assert sent["messages"][0]["role"] == MessageRole.SYSTEM.value


class Node(BaseModel):
    """A node."""

    city: City
    children: list[Node] = []


def test_types_inside_of_arguments_are_spelled_out(ollama_recorded: RecordedServer) -> None:
    def plant(tree: Node) -> None:
        """Plant a tree."""

    ollama_recorded.script(text())
    ask(ollama_recorded, tools=[plant])
    (tool,) = ollama_recorded.only_request.body["tools"]
    tree = tool["function"]["parameters"]["properties"]["tree"]
    assert tree["properties"]["city"]["properties"]["name"]["type"] == "string"
    assert tree["properties"]["children"]["items"] == {"type": "object"}
    assert "$defs" not in tool["function"]["parameters"]

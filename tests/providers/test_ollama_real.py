"""Ollama against a real server with a real, tiny model: form only, never meaning."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flink_agents.api.agents.agent import Agent
from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup, tool
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import Constant, ResourceDescriptor
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection

# The time limit holds for the making of the server, too.
pytestmark = [pytest.mark.ollama, pytest.mark.timeout(900)]

QUESTION = ChatMessage(content="What is the capital of France?")


class City(BaseModel):
    name: str = Field(max_length=20)
    people: int = Field(ge=0, le=99)


class Country(BaseModel):
    capital: City


@pytest.fixture
def connection(ollama: str) -> OllamaChatModelConnection:
    return OllamaChatModelConnection(base_url=ollama, request_timeout=100)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def ask(
    connection: OllamaChatModelConnection, model: str = "chat", **arguments: Any
) -> ChatMessage:
    return connection.chat([QUESTION], model=model, **{"num_ctx": 2048, **arguments})


def test_options_take_effect(connection: OllamaChatModelConnection) -> None:
    # The models themselves always take the likeliest token.
    wild: dict[str, Any] = {"temperature": 2.0, "top_k": 1000, "top_p": 1.0, "num_predict": 8}
    first, *others = [ask(connection, seed=n, **wild).content for n in range(1, 5)]
    assert any(other != first for other in others)
    assert ask(connection, seed=1, **wild).content == first
    assert ask(connection, stop=[" "]).content.count(" ") == 0


def test_its_answer_has_the_form_of_the_schema(connection: OllamaChatModelConnection) -> None:
    schema = OutputSchema(output_schema=Country)
    assert "$ref" in json.dumps(schema.json_schema())
    answer = ask(connection, output_schema=schema.json_schema())
    assert isinstance(schema.parse(answer.content), Country)


@pytest.mark.parametrize("think", [{}, {"think": True}])
def test_it_tells_what_it_thought(connection: OllamaChatModelConnection, think: Any) -> None:
    answer = ask(connection, "think", **think)
    assert answer.content
    assert answer.extra_args["reasoning"]
    assert "think>" not in answer.content + answer.extra_args["reasoning"]
    assert "reasoning" not in ask(connection, "think", think=False).extra_args


def test_it_thinks_before_an_answer_of_a_schema(connection: OllamaChatModelConnection) -> None:
    schema = OutputSchema(output_schema=City)
    answer = ask(connection, "think", output_schema=schema.json_schema())
    assert isinstance(schema.parse(answer.content), City)
    assert answer.extra_args["reasoning"]


def test_by_default_a_model_that_cannot_think_answers_too(
    connection: OllamaChatModelConnection,
) -> None:
    assert ask(connection).content
    assert connection._cannot_think == {"chat"}


@pytest.mark.parametrize("think", [True, "high"])
def test_a_model_that_cannot_think_says_so(
    connection: OllamaChatModelConnection, think: Any
) -> None:
    with pytest.raises(ModelRequestError, match=r"does not support thinking\. Set think=False"):
        ask(connection, think=think)


def test_a_level_of_thinking_that_it_does_not_know_is_refused(
    connection: OllamaChatModelConnection,
) -> None:
    with pytest.raises(ModelRequestError, match=r"think value .* Set think=True"):
        ask(connection, "think", think="low")


def test_a_model_that_is_not_there_is_to_be_pulled(connection: OllamaChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"status 404.*ollama pull nope$"):
        ask(connection, "nope")


def test_a_model_that_knows_no_tools_says_so(connection: OllamaChatModelConnection) -> None:
    with pytest.raises(ModelRequestError, match=r"does not support tools\. Remove the tools"):
        connection.chat([QUESTION], [FunctionTool(add)], model="chat")


@pytest.mark.parametrize(
    "arguments", [{"format": {"type": "bogus"}}, {"seed": "x"}, {"keep_alive": "300"}]
)
def test_a_request_that_it_cannot_carry_out_is_not_one_to_repeat(
    connection: OllamaChatModelConnection, arguments: Any
) -> None:
    with pytest.raises(ModelRequestError, match="Check the arguments of the chat model setup"):
        ask(connection, **arguments)


def test_a_format_keeps_a_model_from_calling_tools(connection: OllamaChatModelConnection) -> None:
    # This is why, with tools, a schema is told in words.
    schema = OutputSchema(output_schema=City).json_schema()
    question = [ChatMessage(content="add 17 and 25")]
    asked: dict[str, Any] = {"model": "tools", "num_ctx": 2048}
    bound = connection.chat(question, [FunctionTool(add)], format=schema, **asked)
    assert bound.tool_calls == []
    free = connection.chat(question, [FunctionTool(add)], output_schema=schema, **asked)
    assert [call["function"]["name"] for call in free.tool_calls] == ["add"]
    assert free.tool_calls[0]["original_id"]


async def chunks_of(connection: OllamaChatModelConnection, **arguments: Any) -> list[ChatChunk]:
    chunks = [c async for c in connection.achat_stream([QUESTION], num_ctx=2048, **arguments)]
    await connection.aclose()
    return chunks


@pytest.mark.parametrize("model", ["chat", "think"])
def test_it_answers_in_pieces(connection: OllamaChatModelConnection, model: str) -> None:
    *pieces, last = asyncio.run(chunks_of(connection, model=model))
    assert last.message is not None
    assert len(pieces) > 1
    assert "".join(piece.content for piece in pieces) == last.message.content
    thought = "".join(piece.reasoning for piece in pieces)
    assert thought.strip() == last.message.extra_args.get("reasoning", "")
    assert bool(thought) == (model == "think")
    assert last.message.extra_args["completionTokens"] >= len(pieces)


class Calculating(Agent):
    """Lets the model add."""

    @chat_model_connection
    @staticmethod
    def server() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_CONNECTION,
            base_url="${env:TEST_OLLAMA_URL}",
            requestTimeout=100,
        )

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_SETUP,
            connection="server",
            model="tools",
            temperature=0.0,
            tools=["add"],
            extractReasoning=True,
        )

    @tool
    @staticmethod
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(ChatRequestEvent(model="model", messages=[ChatMessage(content=event.input)]))

    @action(ChatResponseEvent)
    @staticmethod
    def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        ctx.send_event(OutputEvent(output=event.response.content))


def test_an_agent_lets_it_call_tools(ollama: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_OLLAMA_URL", ollama)
    environment = AgentsExecutionEnvironment.get_execution_environment()
    items = [{"key": "a", "value": "add 17 and 25"}, {"key": "b", "value": "add 30 and 12"}]
    outputs = environment.from_list(items).apply(Calculating()).to_list()
    environment.execute()
    assert sorted(next(iter(output)) for output in outputs) == ["a", "b"]
    # The template repeats the result of the tool, so this one does not depend on the model's wit.
    assert any("42" in text for output in outputs for text in output.values())

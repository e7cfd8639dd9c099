"""Anthropic: answers of a JSON schema, and schemas as the API takes them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic.anthropic_schema import closed_schema
from tests.providers import asking
from tests.providers.anthropic_protocol import ANTHROPIC, streamed, text
from tests.providers.recorded_server import RecordedServer


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=ANTHROPIC, **arguments)


class Part(BaseModel):
    name: str = Field(min_length=1, description="What it is.")
    count: int = 1


class Order(BaseModel):
    """An order."""

    parts: list[Part] = Field(min_length=2)
    main: Part = Field(description="The most important one.")
    note: str | None = None
    due: date = date(2030, 1, 1)
    price: Decimal = Field(default=Decimal(1), gt=0)
    size: Literal["S", "L"] = "S"


class Tree(BaseModel):
    children: list[Tree] = []


class AnyKeys(BaseModel):
    inner: dict[str, int]


class Listed(RootModel[list[int]]):
    pass


def schema_of(cls: Any) -> dict[str, Any]:
    return OutputSchema(output_schema=cls).json_schema()


OLD = "claude-sonnet-4-20250514"
NEW = "claude-sonnet-4-5-20250929"


@pytest.mark.parametrize("cls", [Part, Order])
@pytest.mark.parametrize("model", [NEW, "claude-opus-5", "anthropic/claude-haiku-4.5"])
def test_a_schema_becomes_the_output_format(
    anthropic_server: RecordedServer, model: str, cls: Any
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": model}, output_schema=schema_of(cls))
    assert anthropic_server.refusals == []
    sent = anthropic_server.only_request.body
    schema = closed_schema(schema_of(cls))
    assert sent["output_config"] == {"format": {"type": "json_schema", "schema": schema}}
    assert "system" not in sent


def test_what_a_schema_cannot_say_is_said_in_words() -> None:
    sent = closed_schema(schema_of(Order))
    assert sent["required"] == ["parts", "main"]
    assert sent["properties"]["due"]["format"] == "date"
    assert sent["properties"]["size"]["enum"] == ["S", "L"]
    assert sent["properties"]["main"]["description"] == "The most important one."
    assert sent["properties"]["parts"]["description"] == "(minItems: 2)"
    name = sent["properties"]["parts"]["items"]["properties"]["name"]
    assert name["description"] == "What it is. (minLength: 1)"


def test_the_given_schema_is_not_changed() -> None:
    schema = schema_of(Order)
    before = json.dumps(schema)
    closed_schema(schema)
    assert json.dumps(schema) == before


@pytest.mark.parametrize("model", [OLD, "claude-3-5-haiku-latest", "claude-opus-4-1", "smollm2"])
def test_a_model_without_schemas_is_asked_in_words(
    anthropic_server: RecordedServer, model: str
) -> None:
    anthropic_server.script(text())
    system = ChatMessage(role=MessageRole.SYSTEM, content="Be kind.")
    conversation = system, ChatMessage(content="?")
    ask(anthropic_server, *conversation, setup={"model": model}, output_schema=schema_of(Part))
    sent = anthropic_server.only_request.body
    assert "output_config" not in sent
    assert sent["messages"] == [{"role": "user", "content": "?"}]
    (block,) = sent["system"]
    assert block["text"].startswith("Be kind.\n\nAnswer with one JSON value")
    assert json.dumps(schema_of(Part)) in block["text"]


@pytest.mark.parametrize("cls", [Tree, AnyKeys, Listed])
def test_a_schema_that_the_api_does_not_take_is_asked_for_in_words(
    anthropic_server: RecordedServer, cls: Any
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": NEW}, output_schema=schema_of(cls))
    sent = anthropic_server.only_request.body
    assert "output_config" not in sent
    assert json.dumps(schema_of(cls)) in sent["system"][0]["text"]


FORMAT = {"type": "json_schema"}
OTHER = {"type": "json_schema", "schema": closed_schema({"type": "object", "properties": {}})}


@pytest.mark.parametrize(
    ("model", "given", "sent", "in_words"),
    [
        (NEW, {"effort": "low"}, {"effort": "low", "format": "of the class"}, False),
        (NEW, {"format": None}, None, True),
        (NEW, {"format": None, "effort": "low"}, {"effort": "low"}, True),
        (NEW, {"format": OTHER}, {"format": OTHER}, True),
        (OLD, {"format": FORMAT}, {"format": "of the class"}, False),
        (OLD, {"effort": "low"}, {"effort": "low"}, True),
    ],
)
def test_another_output_format_can_be_chosen(
    anthropic_server: RecordedServer, model: str, given: Any, sent: Any, in_words: bool
) -> None:
    anthropic_server.script(text())
    setup = {"model": model, "additional_kwargs": {"output_config": given}}
    ask(anthropic_server, setup=setup, output_schema=schema_of(Part))
    body = anthropic_server.only_request.body
    if sent and sent.get("format") == "of the class":
        sent = {**sent, "format": {**FORMAT, "schema": closed_schema(schema_of(Part))}}
    assert body.get("output_config") == sent
    assert ("system" in body) is in_words


def test_a_schema_that_was_asked_for_and_is_not_taken_is_refused(
    anthropic_server: RecordedServer,
) -> None:
    setup = {"model": NEW, "additional_kwargs": {"output_config": {"format": FORMAT}}}
    with pytest.raises(ModelRequestError, match="inner is an object with any keys"):
        ask(anthropic_server, setup=setup, output_schema=schema_of(AnyKeys))
    assert anthropic_server.requests == []


def test_a_strict_tool_has_a_schema_that_the_api_takes(anthropic_server: RecordedServer) -> None:
    def order(
        article: str, count: int = 1, size: Literal["S", "L"] = "S", part: Part | None = None
    ) -> str:
        """Order an article."""
        return f"{article} {count} {size} {part}"

    anthropic_server.script(text())
    ask(anthropic_server, tools=[order], setup={"strict_tools": True})
    assert anthropic_server.refusals == []
    (tool,) = anthropic_server.only_request.body["tools"]
    assert tool["strict"] is True
    assert tool["input_schema"]["required"] == ["article"]
    assert tool["input_schema"]["additionalProperties"] is False


def test_a_tool_that_cannot_be_strict_is_named(anthropic_server: RecordedServer) -> None:
    def save(fields: dict[str, Any]) -> None:
        """Save."""

    with pytest.raises(ModelRequestError, match=r"tool 'save': fields is an object.*strict_tools"):
        ask(anthropic_server, tools=[save], setup={"strict_tools": True})
    assert anthropic_server.requests == []


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "array", "items": {"type": "string"}}, "the schema is no object"),
        ({"properties": {"a": {}}}, "a takes any value"),
        ({"properties": {"a": False}}, "a takes no value"),
        ({"properties": {"a": {"type": "array"}}}, "a is a list whose items"),
        ({"properties": {"a": {"$ref": "#/$defs/B"}}}, "a refers to B, which is not among"),
        ({"properties": {"a": {"allOf": [{"type": "string"}, {}]}}}, "a combines several"),
        ({"properties": {"a": {"type": "object", "patternProperties": {}}}}, "any keys"),
    ],
)
def test_what_the_api_does_not_take_is_told_with_its_place(
    schema: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        closed_schema(schema)


def test_unions_and_combined_schemas_are_rewritten() -> None:
    schema = {
        "type": "object",
        "properties": {
            "shape": {"oneOf": [{"$ref": "#/$defs/A"}, {"type": "string"}], "discriminator": {}},
            "one": {"allOf": [{"$ref": "#/$defs/A"}], "description": "One."},
            "two": {"type": ["string", "null"], "format": "binary"},
            "some": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
        "$defs": {"A": {"type": "object", "properties": {}}},
    }
    empty = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert closed_schema(schema)["properties"] == {
        "shape": {"anyOf": [empty, {"type": "string"}]},
        "one": {**empty, "description": "One."},
        "two": {"type": ["string", "null"], "description": '(format: "binary")'},
        "some": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    }


def add(a: int) -> int:
    """Add."""
    return a


@pytest.mark.parametrize("written", ['"name": "x"}', ' {"name": "x"}'])
def test_an_answer_is_begun_and_its_beginning_put_back(
    anthropic_server: RecordedServer, written: str
) -> None:
    whole = written if "{" in written else "{" + written
    setup = {"model": OLD, "json_prefill": True}
    anthropic_server.script(text(written), streamed({"type": "text", "text": written}))
    assert ask(anthropic_server, setup=setup, output_schema=schema_of(Part)).content == whole
    begun = anthropic_server.only_request.body["messages"][-1]
    assert begun == {"role": "assistant", "content": "{"}
    chunks = asking.ask_for_chunks(
        anthropic_server, provider=ANTHROPIC, setup=setup, output_schema=schema_of(Part)
    )
    assert "".join(chunk.content for chunk in chunks) == whole
    assert chunks[-1].message is not None
    assert chunks[-1].message.content == whole


THINKING = {"additional_kwargs": {"thinking": {"type": "adaptive"}}}


@pytest.mark.parametrize(
    ("setup", "how"),
    [
        ({"model": OLD}, {"tools": [add]}),
        ({"model": OLD, **THINKING}, {}),
        ({"model": OLD}, {"output_schema": None}),
        ({"model": OLD}, {"output_schema": schema_of(Listed)}),
        ({"model": NEW}, {}),
        ({"model": "claude-opus-4-6"}, {"output_schema": schema_of(AnyKeys)}),
        ({"model": OLD, "json_prefill": False}, {}),
    ],
)
def test_an_answer_is_not_begun_where_that_does_not_go(
    anthropic_server: RecordedServer, setup: dict[str, Any], how: dict[str, Any]
) -> None:
    anthropic_server.script(text("Hello."))
    given = {"output_schema": schema_of(Part), **how}
    answer = ask(anthropic_server, setup={"json_prefill": True, **setup}, **given)
    assert answer.content == "Hello."
    assert [m["role"] for m in anthropic_server.only_request.body["messages"]] == ["user"]

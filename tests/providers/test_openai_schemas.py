"""OpenAI: answers of a JSON schema, and schemas as strict mode takes them."""

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
from flink_agents.integrations.chat_models.openai.strict_schema import strict_schema
from tests.providers.asking import ask
from tests.providers.openai_protocol import text
from tests.providers.recorded_server import RecordedServer


class Part(BaseModel):
    name: str = Field(min_length=1, description="What it is.")
    count: int = 1


class Order(BaseModel):
    """An order."""

    parts: list[Part]
    main: Part = Field(description="The most important one.")
    note: str | None = None
    due: date = date(2030, 1, 1)
    price: Decimal = Field(default=Decimal(1), gt=0)
    size: Literal["S", "L"] = "S"


class Tree(BaseModel):
    children: list[Tree] = []


def schema_of(cls: Any) -> dict[str, Any]:
    return OutputSchema(output_schema=cls).json_schema()


def test_a_schema_becomes_the_response_format(openai_server: RecordedServer) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": "gpt-4o"}, output_schema=schema_of(Order))
    assert openai_server.only_request.body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "Order", "schema": schema_of(Order), "strict": False},
    }


@pytest.mark.parametrize("cls", [Part, Order, Tree])
def test_a_strict_schema_is_one_that_openai_takes(openai_server: RecordedServer, cls: Any) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": "gpt-4o", "strict": True}, output_schema=schema_of(cls))
    assert openai_server.refusals == []
    sent = openai_server.only_request.body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["type"] == "object"
    assert sent["schema"]["additionalProperties"] is False


def test_a_strict_answer_still_fits_the_class() -> None:
    sent = strict_schema(schema_of(Order), optional_as_null=False)
    assert sent["required"] == ["parts", "main", "note", "due", "price", "size"]
    assert sent["properties"]["due"] == {"type": "string", "format": "date"}
    assert sent["properties"]["size"]["enum"] == ["S", "L"]
    assert sent["$defs"]["Part"]["properties"]["name"]["description"] == "What it is."


def test_the_given_schema_is_not_changed() -> None:
    schema = schema_of(Order)
    before = json.dumps(schema)
    strict_schema(schema, optional_as_null=True)
    assert json.dumps(schema) == before


def test_an_optional_argument_of_a_strict_tool_may_be_null(openai_server: RecordedServer) -> None:
    def order(
        article: str, count: int = 1, size: Literal["S", "L"] = "S", part: Part | None = None
    ) -> str:
        """Order an article."""
        return f"{article} {count} {size} {part}"

    openai_server.script(text())
    ask(openai_server, tools=[order], setup={"strict": True})
    assert openai_server.refusals == []
    (tool,) = openai_server.only_request.body["tools"]
    properties = tool["function"]["parameters"]["properties"]
    assert tool["function"]["parameters"]["required"] == ["article", "count", "size", "part"]
    assert properties["article"]["type"] == "string"
    assert properties["count"]["type"] == ["integer", "null"]
    assert properties["count"]["description"] == "Null means the default, 1."
    assert {"type": "null"} in properties["size"]["anyOf"]
    assert properties["part"]["anyOf"].count({"type": "null"}) == 1


class AnyKeys(BaseModel):
    inner: dict[str, int]


class AnyValue(BaseModel):
    values: list[Any]


class Pair(BaseModel):
    pair: tuple[int, str]


@pytest.mark.parametrize(
    ("cls", "place"), [(AnyKeys, "inner"), (AnyValue, r"values\.\[\]"), (Pair, "pair")]
)
def test_what_cannot_be_strict_is_refused_with_its_place(
    openai_server: RecordedServer, cls: Any, place: str
) -> None:
    with pytest.raises(
        ModelRequestError, match=f"output schema '{cls.__name__}': {place} .*strict"
    ):
        ask(openai_server, setup={"model": "m", "strict": True}, output_schema=schema_of(cls))
    assert openai_server.requests == []


def test_a_tool_that_cannot_be_strict_is_named(openai_server: RecordedServer) -> None:
    def save(fields: dict[str, Any]) -> None:
        """Save."""

    with pytest.raises(ModelRequestError, match="tool 'save': fields is an object with any keys"):
        ask(openai_server, tools=[save], setup={"strict": True})


def test_unions_and_combined_schemas_are_rewritten() -> None:
    schema = {
        "type": "object",
        "properties": {
            "shape": {"oneOf": [{"$ref": "#/$defs/A"}, {"type": "string"}], "discriminator": {}},
            "one": {"allOf": [{"$ref": "#/$defs/A"}], "description": "One."},
        },
        "$defs": {"A": {"type": "object", "properties": {}}},
    }
    rewritten = strict_schema(schema, optional_as_null=False)["properties"]
    assert rewritten["shape"] == {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "string"}]}
    assert rewritten["one"] == {"description": "One.", "anyOf": [{"$ref": "#/$defs/A"}]}


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4", "gpt-4-0613", "openai/gpt-4-turbo"])
def test_a_model_without_schemas_is_asked_in_words(
    openai_server: RecordedServer, model: str
) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": model}, output_schema=schema_of(Part))
    sent = openai_server.only_request.body
    assert "response_format" not in sent
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert json.dumps(schema_of(Part)) in sent["messages"][0]["content"]


def test_there_stays_one_system_message(openai_server: RecordedServer) -> None:
    openai_server.script(text())
    conversation = (
        ChatMessage(role=MessageRole.SYSTEM, content="Be kind."),
        ChatMessage(content="?"),
    )
    ask(openai_server, *conversation, output_schema=schema_of(Part))
    first, second = openai_server.only_request.body["messages"]
    assert first["content"].startswith("Be kind.\n\nAnswer with one JSON value")
    assert second == {"role": "user", "content": "?"}


@pytest.mark.parametrize("chosen", [{"type": "json_object"}, None])
def test_another_response_format_can_be_chosen(
    openai_server: RecordedServer, chosen: dict[str, Any] | None
) -> None:
    openai_server.script(text())
    setup = {"model": "gpt-4o", "additional_kwargs": {"response_format": chosen}}
    ask(openai_server, setup=setup, output_schema=schema_of(Part))
    sent = openai_server.only_request.body
    assert sent.get("response_format") == chosen
    assert sent["messages"][0]["role"] == "system"


def test_a_name_that_openai_does_not_take_is_changed(openai_server: RecordedServer) -> None:
    class Listed(RootModel[list[int]]):
        pass

    openai_server.script(text())
    schema = {**schema_of(Listed), "title": "List[\u00fcber]"}
    ask(openai_server, setup={"model": "m"}, output_schema=schema)
    sent = openai_server.only_request.body["response_format"]["json_schema"]
    assert sent["name"] == "List__ber_"

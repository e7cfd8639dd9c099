"""JSON schemas become argument classes, and go out again as they came in."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flink_agents.api.tools.field_names import field_names
from flink_agents.api.tools.tool import ToolMetadata
from flink_agents.api.tools.utils import (
    create_java_tool_schema_str_from_model,
    create_model_from_java_tool_schema_str,
    create_model_from_schema,
    create_schema_from_function,
)

FULL: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 3, "description": "A text."},
        "count": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10, "default": 1},
        "ratio": {"type": "number", "multipleOf": 0.5},
        "flag": {"type": "boolean"},
        "nothing": {"type": "null"},
        "kind": {"enum": ["a", 1, None]},
        "fixed": {"const": "x"},
        "odd": {"enum": [1.5, {"k": 1}]},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "nullable": {"type": ["string", "null"]},
        "list": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "any": {},
        "inner": {"$ref": "#/$defs/Inner"},
        "both": {
            "allOf": [
                {"$ref": "#/$defs/Inner"},
                {"properties": {"z": {"type": "string"}}, "required": ["z"]},
            ]
        },
        "tree": {"$ref": "#/$defs/Tree"},
        "code": {"type": "string", "pattern": "^[a-z]+$"},
        "ahead": {"type": "string", "pattern": "^(?!x).*$"},
        "schema": {"type": "string"},
        "a-b c": {"type": "integer"},
    },
    "required": ["text"],
    "additionalProperties": False,
    "$defs": {
        "Inner": {
            "type": "object",
            "properties": {"x": {"type": "integer"}},
            "required": ["x"],
            "additionalProperties": False,
        },
        "Tree": {
            "type": "object",
            "properties": {"left": {"$ref": "#/$defs/Tree"}, "value": {"type": "integer"}},
        },
    },
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 9),
        ("ratio", 1.5),
        ("ratio", 2),
        ("flag", False),
        ("nothing", None),
        ("kind", 1),
        ("kind", None),
        ("fixed", "x"),
        ("odd", {"k": 1}),
        ("either", 5),
        ("nullable", None),
        ("list", [1, 2]),
        ("map", {"ä": 1}),
        ("any", [{"deep": [None]}]),
        ("inner", {"x": 1}),
        ("both", {"x": 1, "z": "z"}),
        ("tree", {"left": {"left": {"value": 1}}}),
        ("code", "abc"),
        ("ahead", "x"),
        ("schema", "s"),
        ("a-b c", 1),
    ],
)
def test_what_the_schema_allows_is_taken_and_keeps_its_json_form(name: str, value: Any) -> None:
    model = create_model_from_schema("full", FULL)
    given = {"text": "t", name: value}
    read = model.model_validate(given).model_dump(by_alias=True, exclude_unset=True)
    assert read == given and repr(read[name]) == repr(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", ""),
        ("text", "long"),
        ("count", -1),
        ("count", 10),
        ("ratio", 0.3),
        ("flag", "perhaps"),
        ("nothing", 1),
        ("kind", "b"),
        ("fixed", "y"),
        ("odd", 2.5),
        ("either", []),
        ("nullable", 1),
        ("list", [1, 2, 3]),
        ("list", ["x"]),
        ("map", {"a": "x"}),
        ("inner", {"x": 1, "y": 2}),
        ("inner", {}),
        ("both", {"x": 1}),
        ("code", "ABC"),
        ("a-b c", "x"),
        ("unknown", 1),
    ],
)
def test_what_the_schema_forbids_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        create_model_from_schema("full", FULL).model_validate({"text": "t", name: value})


def test_a_required_argument_is_required_and_defaults_are_kept() -> None:
    model = create_model_from_schema("full", FULL)
    with pytest.raises(ValidationError, match="text"):
        model.model_validate({})
    assert model.model_validate({"text": "t"}).model_dump()["count"] == 1


def test_the_schema_goes_out_as_it_came_in() -> None:
    model = create_model_from_schema("full", FULL)
    assert model.model_json_schema() == FULL and model.__name__ == "full"
    model.model_json_schema()["properties"].clear()
    assert create_java_tool_schema_str_from_model(model) == json.dumps(FULL)


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": "object", "properties": {}}])
def test_a_schema_without_arguments_takes_none(schema: dict[str, Any]) -> None:
    assert create_model_from_schema("none", schema).model_validate({}).model_dump() == {}


def test_a_schema_that_is_a_reference_is_followed() -> None:
    schema = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": FULL["$defs"]["Inner"]}}
    with pytest.raises(ValidationError, match="x"):
        create_model_from_schema("root", schema).model_validate({})


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string"}, "must be of type 'object'.*'string'"),
        ({"properties": {"a": {"$ref": "#/$defs/None"}}}, r"'#/\$defs/None', which is not in it"),
        ({"properties": {"a": {"$ref": "http://example.org/x"}}}, "which is not in it"),
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused(schema: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        create_model_from_schema("bad", schema)


def test_odd_parts_of_a_schema_are_taken_as_anything() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "a": True,
            "b": {"type": "no such type"},
            "c": {"enum": []},
            "d": {"type": "integer", "minimum": "zero"},
            "e": {"$ref": "#"},
            "f": {"anyOf": []},
            "g": {"type": "array"},
        },
    }
    model = create_model_from_schema("odd", schema)
    given = {"a": 1, "b": "x", "d": -5, "e": {}, "f": 1, "g": [1, "x"], "more": 1}
    assert model.model_validate(given).model_dump(exclude_unset=True) == given


def test_java_schemas_are_read_and_written_as_text() -> None:
    class Args(BaseModel):
        city: str
        days: int = 3

    text = create_java_tool_schema_str_from_model(Args)
    model = create_model_from_java_tool_schema_str("weather", text)
    assert model.model_validate({"city": "Köln", "days": "4"}).model_dump() == {
        "city": "Köln",
        "days": 4,
    }
    assert json.loads(create_java_tool_schema_str_from_model(model)) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', '{"type": "array"}'])
def test_a_java_schema_that_is_none_is_refused_by_tool(text: str) -> None:
    with pytest.raises(ValueError, match="'weather'"):
        create_model_from_java_tool_schema_str("weather", text)


def test_the_schema_of_a_function_has_the_given_name() -> None:
    def func(city: str, days: int = 3) -> None:
        """Weather.

        Args:
            city: The city.
        """

    model = create_schema_from_function("weather", func)
    assert model.__name__ == "weather"
    assert model.model_fields["city"].description == "The city."
    assert model(city="Köln").model_dump() == {"city": "Köln", "days": 3}


class Importable(BaseModel):
    x: int


class Recursive(BaseModel):
    """About itself."""

    me: Recursive | None = None


def test_metadata_survives_json_and_pickle() -> None:
    def func(a: int) -> None: ...

    for schema in (Importable, create_schema_from_function("t", func), FULL, json.dumps(FULL)):
        metadata = ToolMetadata.model_validate(
            {"name": "t", "description": "☃", "args_schema": schema}
        )
        for again in (
            pickle.loads(pickle.dumps(metadata)),
            ToolMetadata.model_validate_json(metadata.model_dump_json()),
        ):
            assert again == metadata
            assert again.get_parameters_dict() == metadata.get_parameters_dict()
    kept = pickle.loads(pickle.dumps(ToolMetadata(name="t", args_schema=Importable)))
    assert kept.args_schema is Importable


def test_metadata_differs_by_each_part() -> None:
    one = ToolMetadata(name="a", description="b", args_schema=Importable)
    assert one != ToolMetadata(name="x", description="b", args_schema=Importable)
    assert one != ToolMetadata(name="a", description="x", args_schema=Importable)
    assert one != ToolMetadata(name="a", description="b", args_schema=Recursive)


def test_parameters_are_always_an_object_with_properties() -> None:
    parameters = ToolMetadata(name="r", args_schema=Recursive).get_parameters_dict()
    assert parameters["type"] == "object" and "me" in parameters["properties"]
    assert "$ref" not in parameters and "description" not in parameters
    empty = ToolMetadata.model_validate({"name": "e", "args_schema": {"type": "object"}})
    assert empty.get_parameters_dict() == {"type": "object", "properties": {}}


def test_field_names_are_unique_and_fit() -> None:
    names = ["a b", "a", "schema", "schema_", "_x", "x_", "", "-", "1a", "class", "名", "model_x"]
    chosen = field_names(names)
    assert list(chosen) != [] and set(chosen) == set(names)
    assert len(set(chosen.values())) == len(names)
    assert chosen["a"] == "a" and chosen["名"] == "名" and chosen["x_"] == "x_"
    for name in chosen.values():
        assert name.isidentifier() and not name.startswith("_") and not hasattr(BaseModel, name)

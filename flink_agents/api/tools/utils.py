"""Schemas of tool arguments: from functions, to and from JSON schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import BaseModel

from flink_agents.api.json_schema import PlainJsonSchema
from flink_agents.api.tools.docstring import doc_of
from flink_agents.api.tools.function_schema import arguments_class
from flink_agents.api.tools.schema_class import schema_class
from flink_agents.api.tools.signature import plain_callable, read_signature


def create_schema_from_function(name: str, func: Callable[..., Any]) -> type[BaseModel]:
    """The arguments of a function as a pydantic class called ``name``.

    Raises:
        TypeError: If a model could not call the function; names the parameter and what to do.
    """
    function = plain_callable(func)
    signature = read_signature(name, function)
    return arguments_class(name, signature.parameters, doc_of(function).parameters)


def create_model_from_schema(name: str, schema: Mapping[str, Any]) -> type[BaseModel]:
    """A pydantic class called ``name`` from a JSON schema of type ``object``.

    Its ``model_json_schema()`` is the given schema.

    Raises:
        ValueError: If it is not the schema of an object, or refers to what it does not hold.
    """
    return schema_class(name, schema)


def create_java_tool_schema_str_from_model(model: type[BaseModel]) -> str:
    """The arguments as the text that Java tools describe themselves with: their JSON schema."""
    return json.dumps(model.model_json_schema(schema_generator=PlainJsonSchema), ensure_ascii=False)


def create_model_from_java_tool_schema_str(name: str, schema_str: str) -> type[BaseModel]:
    """A pydantic class called ``name`` from the schema text of a Java tool.

    Raises:
        ValueError: If the text is not the JSON schema of an object.
    """
    try:
        schema: Any = json.loads(schema_str)
    except ValueError as error:
        raise ValueError(f"The schema of the Java tool {name!r} is not JSON: {error}") from error
    if not isinstance(schema, Mapping):
        raise ValueError(f"The schema of the Java tool {name!r} is not a JSON object: {schema!r}")
    return schema_class(name, cast("Mapping[str, Any]", schema))


__all__ = [
    "create_java_tool_schema_str_from_model",
    "create_model_from_java_tool_schema_str",
    "create_model_from_schema",
    "create_schema_from_function",
]

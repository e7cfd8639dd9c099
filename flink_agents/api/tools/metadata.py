"""What a model is told about a tool."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel, PrivateAttr, field_serializer, model_validator

from flink_agents.api.json_schema import PlainJsonSchema
from flink_agents.api.tools.schema_class import schema_class


class ToolType(str, Enum):
    """The kinds of tools."""

    MODEL_BUILT_IN = "model_built_in"
    FUNCTION = "function"
    REMOTE_FUNCTION = "remote_function"
    MCP = "mcp"


class ToolMetadata(BaseModel):
    """What a model is told about a tool.

    Attributes:
        name: The name by which the model calls it.
        description: What it does, for the model. May be empty.
        args_schema: Its arguments: a pydantic class, or a JSON schema of type ``object`` as a
            dict or as text. Written as a JSON schema.
    """

    name: str
    description: str = ""
    args_schema: type[BaseModel]
    _parameters: dict[str, Any] | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _load(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        given = cast("Mapping[str, Any]", data)
        schema = given.get("args_schema")
        if isinstance(schema, str):
            schema = json.loads(schema)
        if not isinstance(schema, Mapping):
            return given
        made = schema_class(str(given.get("name")), cast("Mapping[str, Any]", schema))
        return {**given, "args_schema": made}

    @field_serializer("args_schema")
    def _store_schema(self, args_schema: type[BaseModel]) -> dict[str, Any]:
        return self.get_parameters_dict()

    def get_parameters_dict(self) -> dict[str, Any]:
        """The JSON schema of the arguments, as providers take it.

        Returns:
            A new dict of ``type`` ``object`` with ``properties``, without title and description
            of its own.
        """
        if self._parameters is None:
            self._parameters = _parameters(self.args_schema)
        return copy.deepcopy(self._parameters)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ToolMetadata):
            return NotImplemented
        return (self.name, self.description, self.get_parameters_dict()) == (
            *(other.name, other.description),
            other.get_parameters_dict(),
        )

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        # A class that was made at run time cannot be found again by its name.
        schema = self.args_schema if _importable(self.args_schema) else self.get_parameters_dict()
        return _metadata, (self.name, self.description, schema)


def _metadata(name: str, description: str, schema: Any) -> ToolMetadata:
    return ToolMetadata(name=name, description=description, args_schema=schema)


def _importable(args_schema: type[BaseModel]) -> bool:
    found: Any = sys.modules.get(args_schema.__module__)
    for part in args_schema.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is args_schema


def _parameters(args_schema: type[BaseModel]) -> dict[str, Any]:
    schema = args_schema.model_json_schema(schema_generator=PlainJsonSchema)
    if "$ref" in schema:
        # A class that refers to itself stands among the definitions, but providers read the root.
        name = schema.pop("$ref").rpartition("/")[2]
        schema = {**schema["$defs"][name], **schema}
    for said_elsewhere in ("title", "description", "$schema"):
        schema.pop(said_elsewhere, None)
    return {"type": "object", "properties": {}, **schema}

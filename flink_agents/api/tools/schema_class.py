"""A JSON schema of a tool's arguments as a pydantic class."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar, Union, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from flink_agents.api.tools.field_names import field_names
from flink_agents.api.tools.schema_values import bounded, one_of, scalar

M = TypeVar("M", bound=BaseModel)

_ARRAY_BOUNDS = {"minItems": "min_length", "maxItems": "max_length"}


class SchemaArguments(BaseModel):
    """Base of the argument classes that are made from JSON schemas.

    Attributes:
        source_schema: The schema as it was given. ``model_json_schema()`` returns it unchanged,
            whatever of it pydantic has no form for.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    source_schema: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """A copy of the schema that the class was made from."""
        return copy.deepcopy(dict(cls.source_schema))


def schema_class(name: str, schema: Mapping[str, Any]) -> type[SchemaArguments]:
    """A pydantic class that takes what a JSON schema of type ``object`` allows.

    Types, nested objects, arrays, enumerations, unions, references within the schema, defaults,
    bounds and lengths are checked; formats and conditions are not, and a schema that refers to
    itself is not followed further. Values keep their JSON form.

    Args:
        name: Name of the class.
        schema: The schema.

    Raises:
        ValueError: If it is not the schema of an object, or refers to what it does not hold.
    """
    reader = _Reader(name, schema)
    resolved = reader.resolve(schema)
    if not _is_object(resolved) and resolved:
        raise ValueError(
            f"The schema of {name!r} must be of type 'object', because arguments have names; it "
            f"is of type {resolved.get('type')!r}."
        )
    made = reader.object_class(name, resolved, base=SchemaArguments)
    made.source_schema = copy.deepcopy(dict(schema))
    return made


class _Reader:
    def __init__(self, name: str, root: Mapping[str, Any]) -> None:
        self._name = name
        self._root = root
        self._open_references: list[str] = []

    def object_class(self, name: str, schema: Mapping[str, Any], base: type[M]) -> type[M]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        required: Sequence[str] = schema.get("required", ())
        names = field_names(properties)
        fields: dict[str, Any] = {}
        for property_name, part in properties.items():
            field_name = names[property_name]
            annotation = self.annotation(f"{name}_{property_name}", part)
            details: dict[str, Any] = {"default": ... if property_name in required else None}
            if isinstance(part, Mapping):
                described = cast("Mapping[str, Any]", part)
                details["description"] = described.get("description")
                if property_name not in required:
                    details["default"] = described.get("default")
            if field_name != property_name:
                details["alias"] = property_name
            fields[field_name] = (annotation, Field(**details))
        extra = "forbid" if schema.get("additionalProperties") is False else "allow"
        return create_model(name, __base__=base, __cls_kwargs__={"extra": extra}, **fields)

    def annotation(self, name: str, schema: Any) -> Any:
        """The Python type of what a schema allows; ``Any`` where Python has no such type."""
        if not isinstance(schema, Mapping) or not schema:
            return Any
        part = cast("Mapping[str, Any]", schema)
        if "$ref" in part:
            return self._referenced(name, part)
        if "enum" in part or "const" in part:
            return one_of(part.get("enum", [part.get("const")]))
        if choices := part.get("anyOf") or part.get("oneOf"):
            return _union(self.annotation(f"{name}_{i}", s) for i, s in enumerate(choices))
        if "allOf" in part:
            return self.annotation(name, _merged(map(self.resolve, part["allOf"])))
        kind = part.get("type")
        if isinstance(kind, list):
            kinds = cast("list[str]", kind)
            return _union(self.annotation(name, {**part, "type": k}) for k in kinds)
        if _is_object(part):
            return self._object(name, part)
        if kind == "array":
            element = self.annotation(f"{name}_item", part.get("items"))
            return bounded(list[element], part, _ARRAY_BOUNDS)
        return scalar(part)

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a reference means; one without a reference as it is."""
        seen: set[str] = set()
        while isinstance(reference := schema.get("$ref"), str) and reference not in seen:
            seen.add(reference)
            schema = self._at(reference)
        return schema

    def _object(self, name: str, schema: Mapping[str, Any]) -> Any:
        if schema.get("properties"):
            return self.object_class(name, schema, base=BaseModel)
        extra = schema.get("additionalProperties")
        value = self.annotation(f"{name}_value", extra) if isinstance(extra, Mapping) else Any
        return dict[str, value]

    def _referenced(self, name: str, schema: Mapping[str, Any]) -> Any:
        reference = str(schema["$ref"])
        if reference in self._open_references:
            return Any
        self._open_references.append(reference)
        try:
            return self.annotation(reference.rpartition("/")[2] or name, self.resolve(schema))
        finally:
            self._open_references.pop()

    def _at(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        if reference != "#" and not reference.startswith("#/"):
            found = None
        for part in reference.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            found = cast("Any", found).get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            raise ValueError(
                f"The schema of {self._name!r} refers to {reference!r}, which is not in it. Put "
                "the definition under '$defs'."
            )
        return cast("Mapping[str, Any]", found)


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "object" or (kind is None and "properties" in schema)


def _union(choices: Iterable[Any]) -> Any:
    return Union[tuple(choices)]  # noqa: UP007


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged.update(part)
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged

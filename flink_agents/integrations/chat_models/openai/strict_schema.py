"""JSON schemas as OpenAI's strict mode wants them.

There, every object lists all its properties as required and allows no others, and only a part of
JSON Schema may be used. What is left out here is checked when the answer is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flink_agents.integrations.chat_models.schema_nodes import as_node, has_type, place

_KEPT = frozenset(
    {"type", "description", "title", "enum", "const", "format", "pattern", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)


def strict_schema(schema: Mapping[str, Any], *, optional_as_null: bool) -> dict[str, Any]:
    """The schema rewritten for strict mode.

    Args:
        schema: A JSON schema of type ``object``.
        optional_as_null: Let the model write null for a property that was not required: right for
            the arguments of tools, where null means the default. Otherwise it has to write it.

    Returns:
        A new schema.

    Raises:
        ValueError: If it cannot be strict, as an object with any keys cannot; says where.
    """
    return _Rewriter(optional_as_null).rewrite(_with_root(schema), "")


def _with_root(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema that refers to itself as a whole, spelled out: the root may not be a reference."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    definition = schema.get("$defs", {}).get(name)
    if definition is None:
        return schema
    return {**definition, **{k: v for k, v in schema.items() if k != "$ref"}}


class _Rewriter:
    def __init__(self, optional_as_null: bool) -> None:
        self._optional_as_null = optional_as_null

    def rewrite(self, schema: Any, path: str) -> dict[str, Any]:
        """One schema and all in it."""
        node = as_node(schema, path, _not_strict)
        done = {k: v for k, v in node.items() if k in _KEPT}
        if done.get("format") not in _FORMATS:
            done.pop("format", None)
        if "(?" in str(done.get("pattern", "")):
            # Lookarounds are not supported, and pydantic's decimals have some.
            done.pop("pattern")
        for definitions in ("$defs", "definitions"):
            if definitions in node:
                done[definitions] = {
                    name: self.rewrite(part, place(path, name))
                    for name, part in node[definitions].items()
                }
        variants = node.get("anyOf") or node.get("oneOf")
        if variants:
            done["anyOf"] = [self.rewrite(variant, path) for variant in variants]
        if "$ref" in node:
            if not done:
                return {"$ref": node["$ref"]}
            done["anyOf"] = [{"$ref": node["$ref"]}]
        if "properties" in node or has_type(node, "object"):
            self._close_object(done, node, path)
        if has_type(node, "array"):
            if "items" not in node or "prefixItems" in node:
                raise _not_strict(path, "is a list whose items have no one schema")
            done["items"] = self.rewrite(node["items"], place(path, "[]"))
        if not done.keys() & {"type", "anyOf", "enum", "const"}:
            raise _not_strict(path, "takes any value")
        return done

    def _close_object(self, done: dict[str, Any], node: Mapping[str, Any], path: str) -> None:
        if "patternProperties" in node or (
            "properties" not in node and node.get("additionalProperties") is not False
        ):
            raise _not_strict(path, "is an object with any keys")
        required: list[str] = node.get("required", [])
        properties: Mapping[str, Any] = node.get("properties", {})
        done["type"] = node.get("type", "object")
        done["properties"] = {
            name: self._property(part, name in required, place(path, name))
            for name, part in properties.items()
        }
        done["required"] = list(properties)
        done["additionalProperties"] = False

    def _property(self, schema: Any, required: bool, path: str) -> dict[str, Any]:
        done = self.rewrite(schema, path)
        if required or not self._optional_as_null:
            return done
        if (default := schema.get("default")) is not None:
            told = f"Null means the default, {json.dumps(default, ensure_ascii=False)}."
            done["description"] = f"{done.get('description', '')} {told}".strip()
        if _takes_null(done):
            return done
        if isinstance(done.get("type"), str) and not done.keys() & {"enum", "const"}:
            return {**done, "type": [done["type"], "null"]}
        about = {"description": done.pop("description")} if "description" in done else {}
        return {**about, "anyOf": [done, {"type": "null"}]}


def _takes_null(node: Mapping[str, Any]) -> bool:
    return (
        has_type(node, "null")
        or None in node.get("enum", ())
        or any(_takes_null(variant) for variant in node.get("anyOf", ()))
    )


def _not_strict(path: str, problem: str) -> ValueError:
    return ValueError(
        f"{path or 'the schema'} {problem}, which strict mode does not allow. Give it a pydantic "
        "class or a plain type, or switch strict off"
    )


__all__ = ["strict_schema"]

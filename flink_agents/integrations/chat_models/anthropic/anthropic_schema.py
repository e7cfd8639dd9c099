"""JSON schemas as Anthropic takes them for answers and strict tools.

There, no object allows further properties, no schema refers to itself, and only a part of JSON
Schema may be used. What is left out becomes words for the model, and is checked when the answer
is read. Properties may stay optional, unlike in OpenAI's strict mode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flink_agents.integrations.chat_models.schema_nodes import as_node, has_type, place

_KEPT = ("type", "title", "description", "enum", "const", "default")
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
#: Limits that the API does not take, told to the model in the description.
_TOLD = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
)


def closed_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema rewritten for Anthropic.

    Args:
        schema: A JSON schema of type ``object``.

    Returns:
        A new schema.

    Raises:
        ValueError: If it cannot be, as an object with any keys cannot; says where.
    """
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    return _Rewriter(definitions).root(schema)


class _Rewriter:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._open: list[str] = []

    def root(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if name := _referred(schema):
            schema = {**self._definition(name, ""), **_without(schema, "$ref")}
        done = self.rewrite(_without(schema, "$defs", "definitions"), "")
        if done.get("type") != "object":
            raise _refused("", "is no object")
        return done

    def rewrite(self, schema: Any, path: str) -> dict[str, Any]:
        """One schema and all in it, references replaced by what they refer to."""
        node = as_node(schema, path, _refused)
        if name := _referred(node):
            return self._definition_at(name, node, path)
        done = {name: node[name] for name in _KEPT if name in node}
        if variants := node.get("anyOf") or node.get("oneOf"):
            done["anyOf"] = [self.rewrite(variant, path) for variant in variants]
        if has_type(node, "object") or "properties" in node:
            self._close_object(done, node, path)
        if has_type(node, "array"):
            if "items" not in node or "prefixItems" in node:
                raise _refused(path, "is a list whose items have no one schema")
            done["items"] = self.rewrite(node["items"], place(path, "[]"))
        if not done.keys() & {"type", "anyOf", "enum", "const"}:
            raise _refused(path, "takes any value")
        _add_limits(done, node)
        return done

    def _definition_at(self, name: str, node: Mapping[str, Any], path: str) -> dict[str, Any]:
        if name in self._open:
            raise _refused(path, f"refers to {name}, which it is a part of")
        self._open.append(name)
        found = self._definition(name, path)
        done = self.rewrite({**found, **_without(node, "$ref")}, path)
        self._open.pop()
        return done

    def _definition(self, name: str, path: str) -> Mapping[str, Any]:
        if name not in self._definitions:
            raise _refused(path, f"refers to {name}, which is not among its definitions")
        return self._definitions[name]

    def _close_object(self, done: dict[str, Any], node: Mapping[str, Any], path: str) -> None:
        further = node.get("additionalProperties", True) is not False
        if "patternProperties" in node or ("properties" not in node and further):
            raise _refused(path, "is an object with any keys")
        properties: Mapping[str, Any] = node.get("properties", {})
        done["type"] = node.get("type", "object")
        done["properties"] = {
            name: self.rewrite(part, place(path, name)) for name, part in properties.items()
        }
        done["required"] = [name for name in node.get("required", ()) if name in properties]
        done["additionalProperties"] = False


def _add_limits(done: dict[str, Any], node: Mapping[str, Any]) -> None:
    told = {name: node[name] for name in _TOLD if name in node}
    if told.get("minItems") in (0, 1):
        done["minItems"] = told.pop("minItems")
    if (form := node.get("format")) in _FORMATS:
        done["format"] = form
    elif form is not None:
        told["format"] = form
    if told:
        limits = ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in told.items())
        done["description"] = f"{done.get('description', '')} ({limits})".strip()


def _referred(node: Mapping[str, Any]) -> str:
    return str(node.get("$ref", "")).rpartition("/")[2]


def _without(node: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in names}


def _refused(path: str, problem: str) -> ValueError:
    return ValueError(
        f"{path or 'the schema'} {problem}, which Anthropic does not take. Give it a pydantic "
        "class or a plain type"
    )


__all__ = ["closed_schema"]

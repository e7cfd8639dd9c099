"""Tools as Ollama's templates show them to the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool


def convert_to_ollama_tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The tools as a request describes them.

    References in their schemas are spelled out: the server drops ``$ref``, and the model would
    see an argument without a type.
    """
    converted = [to_openai_tool(metadata=t.metadata, skip_length_check=True) for t in tools]
    for function in (tool["function"] for tool in converted):
        schema = dict(function["parameters"])
        definitions = schema.pop("$defs", {})
        function["parameters"] = _spelled_out(schema, definitions, ())
    return converted


def _spelled_out(part: Any, definitions: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_spelled_out(item, definitions, inside) for item in cast("list[Any]", part)]
    if not isinstance(part, Mapping):
        return part
    node = dict(cast("Mapping[str, Any]", part))
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    if name in definitions and isinstance(node.get("$ref"), str):
        del node["$ref"]
        if name in inside:  # a type that contains itself has no end
            return {"type": "object", **node}
        return _spelled_out({**definitions[name], **node}, definitions, (*inside, name))
    return {key: _spelled_out(value, definitions, inside) for key, value in node.items()}


__all__ = ["convert_to_ollama_tools"]

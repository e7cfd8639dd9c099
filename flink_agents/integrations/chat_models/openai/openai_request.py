"""Chat requests: what goes over the wire to a chat-completions server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool
from flink_agents.integrations.chat_models.openai.openai_utils import convert_to_openai_messages
from flink_agents.integrations.chat_models.openai.strict_schema import strict_schema
from flink_agents.integrations.chat_models.sdk_options import take_options

#: Models older than structured output: a closed list, gpt-3.5 and gpt-4 without a letter or dot.
_BEFORE_JSON_SCHEMA = re.compile(r"(?:openai/)?gpt-(?:3\.5|4(?:-|$))")


@dataclass(frozen=True)
class ChatRequest:
    """One request.

    Attributes:
        body: The JSON object to send.
        options: ``headers``, ``params`` and ``timeout`` of this request, as far as they are given.
    """

    body: dict[str, Any]
    options: dict[str, Any] = field(repr=False)

    @property
    def model(self) -> str:
        """Name of the model that is asked."""
        return str(self.body["model"])


def chat_request(
    messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
) -> ChatRequest:
    """Make a request.

    Args:
        messages: The conversation, oldest first.
        tools: Tools that the model may ask to call.
        arguments: Parameters of the request, those that are None left out; ``strict``,
            ``output_schema``; ``extra_headers``, ``extra_query``, ``extra_body``, ``timeout``.

    Raises:
        ValueError: If it cannot be made.
    """
    rest = dict(arguments)
    strict = bool(rest.pop("strict", False))
    schema = rest.pop("output_schema", None)
    extra_body = rest.pop("extra_body", None) or {}
    options = take_options(rest)
    model = rest.pop("model", None)
    if not model:
        raise ValueError("no model is named: set model in the chat model setup")
    if rest.get("stream"):
        raise ValueError("stream cannot be set: call achat_stream, or ask for ChatChunkEvents")
    body: dict[str, Any] = {"model": model}
    if tools:
        body["tools"] = convert_to_openai_tools(tools, strict=strict)
    if schema is not None:
        if "response_format" in rest or _BEFORE_JSON_SCHEMA.match(model):
            messages = with_schema_instruction(messages, schema)
        else:
            body["response_format"] = to_response_format(schema, strict=strict)
    body["messages"] = convert_to_openai_messages(messages)
    body |= {name: value for name, value in rest.items() if value is not None}
    return ChatRequest({**body, **extra_body}, options)


def convert_to_openai_tools(tools: Sequence[Tool], *, strict: bool) -> list[dict[str, Any]]:
    """The tools as a request describes them.

    Args:
        tools: Descriptions of any length; the server decides what it takes.
        strict: Bind the model to the schemas of the arguments.

    Raises:
        ValueError: If a schema cannot be strict.
    """
    converted = [to_openai_tool(metadata=t.metadata, skip_length_check=True) for t in tools]
    if strict:
        for function in (tool["function"] for tool in converted):
            try:
                schema = strict_schema(function["parameters"], optional_as_null=True)
            except ValueError as error:
                raise ValueError(f"tool {function['name']!r}: {error}") from error
            function.update(parameters=schema, strict=True)
    return converted


def to_response_format(schema: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    """The ``response_format`` that asks for an answer of a JSON schema.

    Raises:
        ValueError: If the schema cannot be strict.
    """
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or "answer"))[:64]
    try:
        shown = strict_schema(schema, optional_as_null=False) if strict else dict(schema)
    except ValueError as error:
        raise ValueError(f"output schema {name!r}: {error}") from error
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": shown, "strict": strict},
    }


__all__ = ["ChatRequest", "chat_request"]

"""Requests: what goes over the wire to a server of the Messages API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.anthropic.anthropic_messages import (
    convert_to_anthropic_messages,
    convert_to_anthropic_system_prompts,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_models import (
    SAMPLING,
    takes_prefill,
    takes_schema,
    thinks,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_schema import closed_schema
from flink_agents.integrations.chat_models.sdk_options import take_options

_VERSION_HEADER = "anthropic-version"
#: The last version of the API that takes sampling parameters, from any model.
_SAMPLING_VERSION = "2023-06-01"


@dataclass(frozen=True)
class MessageRequest:
    """One request.

    Attributes:
        body: The JSON object to send.
        options: ``headers``, ``params`` and ``timeout`` of this request, as far as they are given.
        prefill: How the answer was begun for the model; empty if it was not.
    """

    body: dict[str, Any]
    options: dict[str, Any]
    prefill: str = ""

    @property
    def model(self) -> str:
        """Name of the model that is asked."""
        return str(self.body["model"])


def message_request(
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    arguments: Mapping[str, Any],
    client_headers: Iterable[str] = (),
) -> MessageRequest:
    """Make a request.

    Args:
        messages: The conversation, oldest first.
        tools: Tools that the model may ask to call.
        arguments: Parameters of the request, those that are None left out; ``output_schema``,
            ``json_prefill``, ``strict_tools``; ``extra_headers``, ``extra_query``, ``extra_body``,
            ``timeout``.
        client_headers: Names of the headers that the client sends anyway.

    Raises:
        ValueError: If it cannot be made.
    """
    rest = {name: value for name, value in arguments.items() if value is not None}
    extra_body = rest.pop("extra_body", {})
    options = take_options(rest)
    schema = rest.pop("output_schema", None)
    wants_prefill = bool(rest.pop("json_prefill", False))
    strict = bool(rest.pop("strict_tools", False))
    _check(rest)
    if thinks(rest) and rest.get("temperature") != 1:
        rest.pop("temperature", None)
    prefill = ""
    if schema is not None and not _set_format(rest, schema):
        messages = with_schema_instruction(messages, schema)
        if wants_prefill and not tools and _may_prefill(rest, schema, messages):
            prefill = "{"
            messages = [*messages, ChatMessage(role=MessageRole.ASSISTANT, content=prefill)]
    system, asked = _conversation(messages)
    body: dict[str, Any] = {"messages": asked, **({"system": system} if system else {})}
    if tools:
        body["tools"] = [to_anthropic_tool(metadata=t.metadata, strict=strict) for t in tools]
    body = {**rest, **body, **extra_body}
    if SAMPLING & body.keys():
        _ask_older_version(options, client_headers)
    return MessageRequest(body, options, prefill)


def to_anthropic_tool(*, metadata: ToolMetadata, strict: bool = False) -> dict[str, Any]:
    """A tool as requests describe it.

    Args:
        metadata: What the model is told; the API sets no limit to the description.
        strict: Bind the model to the schema of the arguments. Default False.

    Returns:
        ``{"name", "description", "input_schema"}``, and ``"strict": True`` if so.

    Raises:
        ValueError: If the schema cannot be strict.
    """
    tool = {
        "name": metadata.name,
        "description": metadata.description,
        "input_schema": metadata.get_parameters_dict(),
    }
    if strict:
        try:
            tool["input_schema"] = closed_schema(tool["input_schema"])
        except ValueError as error:
            raise ValueError(
                f"tool {metadata.name!r}: {error}, or switch strict_tools off"
            ) from error
        tool["strict"] = True
    return tool


def _check(arguments: Mapping[str, Any]) -> None:
    if not arguments.get("model"):
        raise ValueError("no model is named: set model in the chat model setup")
    if "max_tokens" not in arguments:
        raise ValueError("max_tokens is missing, without which Anthropic takes no request")
    if arguments.get("stream"):
        raise ValueError("stream cannot be set: call achat_stream, or ask for ChatChunkEvents")


def _conversation(
    messages: Sequence[ChatMessage],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What goes to ``system`` and what to ``messages``, of which the API wants at least one."""
    system = convert_to_anthropic_system_prompts(messages)
    asked = convert_to_anthropic_messages(messages)
    if asked:
        return system, asked
    if not system:
        raise ValueError("no message has any content")
    return [], [{"role": "user", "content": system}]


def _set_format(arguments: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    """Ask for the schema by ``output_config``, if the model has that; tells whether it does.

    A ``format`` that is given wins. ``{"type": "json_schema"}`` asks for the schema of a model
    that is not known to take it.
    """
    config = dict(arguments.get("output_config") or {})
    given = config.get("format", {} if takes_schema(arguments["model"]) else None)
    if "format" in config and given != {"type": "json_schema"}:
        if given is None:
            arguments["output_config"] = {k: v for k, v in config.items() if k != "format"}
            if not arguments["output_config"]:
                del arguments["output_config"]
        return False
    if given is None:
        return False
    try:
        closed = closed_schema(schema)
    except ValueError:
        # Such a schema can be asked for in words, and the answer is checked in any case.
        if "format" in config:
            raise
        return False
    arguments["output_config"] = {**config, "format": {"type": "json_schema", "schema": closed}}
    return True


def _may_prefill(
    arguments: Mapping[str, Any], schema: Mapping[str, Any], messages: Sequence[ChatMessage]
) -> bool:
    return (
        takes_prefill(arguments["model"])
        and not thinks(arguments)
        and schema.get("type") == "object"
        and messages[-1].role is MessageRole.USER
    )


def _ask_older_version(options: dict[str, Any], client_headers: Iterable[str]) -> None:
    headers: Mapping[str, str] = options.get("headers") or {}
    if _VERSION_HEADER not in {name.lower() for name in (*headers, *client_headers)}:
        options["headers"] = {**headers, _VERSION_HEADER: _SAMPLING_VERSION}


__all__ = ["MessageRequest", "message_request", "to_anthropic_tool"]

"""Messages in Ollama's form and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart


def convert_to_ollama_messages(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The conversation as request messages. ``extra_args`` stay here.

    Raises:
        ValueError: If an image is given by its address, which Ollama does not fetch.
    """
    tool_names: dict[str, str] = {}
    for call in (call for message in messages for call in message.tool_calls):
        for call_id in (call.get("id"), call.get("original_id")):
            if call_id:
                tool_names[str(call_id)] = call["function"]["name"]
    return [_to_ollama_message(message, tool_names) for message in messages]


def _to_ollama_message(message: ChatMessage, tool_names: Mapping[str, str]) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role.value, "content": _text(message)}
    extra = message.extra_args
    images = [part.base64 for part in message.parts if isinstance(part, ImagePart)]
    if images:
        sent["images"] = images
    if message.role is MessageRole.TOOL:
        call_id = str(extra.get("external_id") or extra.get("externalId") or "")
        name = extra.get("tool_name") or tool_names.get(call_id)
        sent |= {k: str(v) for k, v in {"tool_name": name, "tool_call_id": call_id}.items() if v}
    if message.role is MessageRole.ASSISTANT and message.tool_calls:
        sent["tool_calls"] = [_to_ollama_call(call) for call in message.tool_calls]
        # A model that thought before it called has to see its thoughts with the result.
        if isinstance(reasoning := extra.get("reasoning"), str) and reasoning:
            sent["thinking"] = reasoning
    return sent


def _text(message: ChatMessage) -> str:
    return "\n".join(part.text for part in message.all_parts if isinstance(part, TextPart))


def _to_ollama_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = _read_arguments(function.get("arguments"))
    if not isinstance(arguments, dict):
        # The server takes nothing but an object.
        arguments = {"malformed_arguments": arguments}
    sent: dict[str, Any] = {"function": {"name": function["name"], "arguments": arguments}}
    if call.get("original_id"):
        sent["id"] = str(call["original_id"])
    return sent


def convert_from_ollama_message(message: Any) -> ChatMessage:
    """A message of an answer.

    Returns:
        The assistant's message, with ``thinking`` as ``extra_args["reasoning"]``.

    Raises:
        ValueError: If it is no message.
    """
    if not isinstance(message, Mapping):
        raise ValueError("it has no message")
    given = cast("Mapping[str, Any]", message)
    thinking = given.get("thinking")
    try:
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=given.get("content") or "",
            tool_calls=[_from_ollama_call(call) for call in given.get("tool_calls") or ()],
            extra_args={"reasoning": thinking} if thinking else {},
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"its message is not of the expected form ({error!r})") from error


def _from_ollama_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        "id": str(uuid4()),
        "type": "function",
        "function": {
            "name": function["name"],
            "arguments": _read_arguments(function.get("arguments")),
        },
        "original_id": call.get("id") or None,
    }


def _read_arguments(arguments: Any) -> Any:
    """Arguments as an object where they are one; Ollama's own are, other servers send text."""
    if arguments is None or arguments == "":
        return {}
    if isinstance(arguments, Mapping):
        return dict(cast("Mapping[str, Any]", arguments))
    if not isinstance(arguments, str):
        return json.dumps(arguments)
    try:
        read = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return read if isinstance(read, dict) else arguments


__all__ = ["convert_from_ollama_message", "convert_to_ollama_messages"]

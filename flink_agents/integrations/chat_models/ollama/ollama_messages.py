"""Messages in Ollama's form and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.integrations.chat_models.tool_calls import (
    answered_call,
    sent_arguments,
    tool_call,
)


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
        call_id = answered_call(message) or ""
        name = extra.get("tool_name") or tool_names.get(call_id)
        sent |= {k: str(v) for k, v in {"tool_name": name, "tool_call_id": call_id}.items() if v}
    if message.role is MessageRole.ASSISTANT and message.tool_calls:
        sent["tool_calls"] = [_to_ollama_call(call) for call in message.tool_calls]
        # A model that thought before it called has to see its thoughts with the result.
        thinking = extra.get("reasoning") or extra.get("thinking")
        if isinstance(thinking, str) and thinking:
            sent["thinking"] = thinking
    return sent


def _text(message: ChatMessage) -> str:
    return "\n".join(part.text for part in message.all_parts if isinstance(part, TextPart))


def _to_ollama_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["function"]["name"], "arguments": sent_arguments(call)}
    sent: dict[str, Any] = {"function": function}
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
    return tool_call(function["name"], function.get("arguments"), call.get("id"))


__all__ = ["convert_from_ollama_message", "convert_to_ollama_messages"]

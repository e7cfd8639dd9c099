"""Tool calls between the form of this library and those of the providers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast
from uuid import uuid4

from flink_agents.api.chat_message import ChatMessage


def tool_call(name: str, arguments: Any, original_id: Any) -> dict[str, Any]:
    """A call that a model asks for, in the form of ``ChatMessage.tool_calls``.

    Args:
        name: Name of the tool.
        arguments: As for :func:`read_arguments`.
        original_id: The provider's id of the call, if it has one.
    """
    return {
        "id": str(uuid4()),
        "type": "function",
        "function": {"name": name, "arguments": read_arguments(arguments)},
        "original_id": original_id or None,
    }


def read_arguments(arguments: Any) -> dict[str, Any] | str:
    """Arguments as a model gave them, as an object or as the text of one.

    Returns:
        The object; if they are none, the text that they are: the runtime tells the model.
    """
    if isinstance(arguments, Mapping):
        return dict(cast("Mapping[str, Any]", arguments))
    if arguments is None:
        return {}
    if not isinstance(arguments, str):
        return json.dumps(arguments, ensure_ascii=False)
    if not arguments.strip():
        return {}
    try:
        read: Any = json.loads(arguments, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return arguments
    if read is None:
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else arguments


def sent_arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an earlier call as they are sent back.

    Providers take nothing but an object, and the model shall see what it wrote: what is none goes
    as ``{"malformed_arguments": text}``.
    """
    arguments = read_arguments(call["function"].get("arguments"))
    return arguments if isinstance(arguments, dict) else {"malformed_arguments": arguments}


def answered_call(message: ChatMessage) -> str | None:
    """The id of the call that a tool message answers, if it says so."""
    given = message.extra_args.get("external_id") or message.extra_args.get("externalId")
    return str(given) if given else None


def require_answered_call(message: ChatMessage) -> str:
    """As :func:`answered_call`, for providers that need the id.

    Raises:
        ValueError: If the message does not say so.
    """
    call_id = answered_call(message)
    if call_id is None:
        raise ValueError(
            "a tool message does not say which call it answers: set its "
            "extra_args['external_id'] to the 'original_id' of the tool call"
        )
    return call_id


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


__all__ = [
    "answered_call",
    "read_arguments",
    "require_answered_call",
    "sent_arguments",
    "tool_call",
]

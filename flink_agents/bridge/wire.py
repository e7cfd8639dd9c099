"""What crosses the bridge, as JSON. The Java package ``bridge.wire`` is its counterpart.

Both test suites read the same golden files of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from flink_agents import __version__
from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.api.tools.tool import Tool, ToolType
from flink_agents.exceptions import AgentsError, ModelRequestError

PROTOCOL = 1
"""Raised when one side would not understand the other any more."""


def dumps(value: Any) -> str:
    """A value as JSON in ASCII; pydantic models, dates and the like as pydantic writes them.

    Raises:
        ModelRequestError: If it has a value that has no JSON form.
    """
    try:
        return json.dumps(value, separators=(",", ":"), default=to_jsonable_python)
    except (TypeError, ValueError) as error:
        raise ModelRequestError(
            f"A value cannot be sent to the other language: {error}. Messages, extra_args and "
            "arguments of a chat model may hold JSON values, pydantic models and dates."
        ) from None


def message_to_wire(message: ChatMessage) -> dict[str, Any]:
    """A message; empty lists and dicts are left out."""
    written: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.parts:
        written["parts"] = [_part_to_wire(part) for part in message.parts]
    if message.tool_calls:
        written["tool_calls"] = message.tool_calls
    if message.extra_args:
        written["extra_args"] = message.extra_args
    return written


def message_from_wire(written: Mapping[str, Any]) -> ChatMessage:
    """The message that :func:`message_to_wire` wrote, or its counterpart in Java."""
    extra_args = dict(written.get("extra_args") or {})
    if "externalId" in extra_args:
        extra_args.setdefault("external_id", extra_args.pop("externalId"))
    return ChatMessage(
        role=MessageRole(written.get("role", "user")),
        content=written.get("content") or "",
        parts=[_part_from_wire(part) for part in written.get("parts") or ()],
        tool_calls=list(written.get("tool_calls") or ()),
        extra_args=extra_args,
    )


def tool_to_wire(tool: Tool) -> dict[str, Any]:
    """What a model is told about a tool."""
    metadata = tool.metadata
    return {
        "name": metadata.name,
        "description": metadata.description,
        "parameters": metadata.get_parameters_dict(),
    }


def tool_from_wire(written: Mapping[str, Any]) -> Tool:
    """A tool that a model can be told about; the other side calls it."""
    schema = dict(written["parameters"])
    told = {"name": written["name"], "description": written.get("description") or ""}
    metadata = ForeignMetadata.model_validate({**told, "args_schema": schema})
    return ForeignTool(metadata=metadata.with_schema(schema))


class ForeignMetadata(ToolMetadata):
    """What a model is told about a tool of the other language: its own schema, word for word."""

    def with_schema(self, schema: dict[str, Any]) -> ForeignMetadata:
        """Tell exactly this schema."""
        self._parameters = schema
        return self


class ForeignTool(Tool):
    """A tool of the other language, which a model may ask to call and which is called there."""

    @classmethod
    def tool_type(cls) -> ToolType:
        """``REMOTE_FUNCTION``."""
        return ToolType.REMOTE_FUNCTION

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Not possible here."""
        raise AgentsError(
            f"Tool {self.name!r} belongs to the other side of the bridge, which calls it."
        )


def hello() -> dict[str, Any]:
    """How this side introduces itself."""
    return {"protocol": PROTOCOL, "version": __version__, "language": "python"}


def mismatch(other: Mapping[str, Any]) -> str | None:
    """Why this side cannot work with one that said that, or None."""
    own = hello()
    if all(other.get(name) == own[name] for name in ("protocol", "version")):
        return None
    return (
        f"The two sides of the bridge do not fit: Python has version {own['version']} (protocol "
        f"{own['protocol']}), Java has version {other.get('version')} (protocol "
        f"{other.get('protocol')}). Build the jar of this version with scripts/setup, and use the "
        "same version of flink-agents on both sides."
    )


def batch(requests: Sequence[str]) -> str:
    """Several JSON texts as one."""
    return f"[{','.join(requests)}]"


def _part_to_wire(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if part.data is None:
        return {"url": part.url}
    return {"data": part.base64, "media_type": part.media_type}


def _part_from_wire(written: Mapping[str, Any]) -> TextPart | ImagePart:
    if "text" in written:
        return TextPart(text=written["text"])
    if "data" in written:
        data = base64.b64decode(written["data"])
        return ImagePart(data=data, media_type=written.get("media_type"))
    return ImagePart(url=written["url"])


__all__ = [
    "PROTOCOL",
    "ForeignMetadata",
    "ForeignTool",
    "batch",
    "dumps",
    "hello",
    "message_from_wire",
    "message_to_wire",
    "mismatch",
    "tool_from_wire",
    "tool_to_wire",
]

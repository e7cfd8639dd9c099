"""Events that ask for tool calls and carry their results."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flink_agents.api.events.event import EVENT_TYPE_NAMES, Event


class ToolRequestEvent(Event):
    """Call tools.

    Attributes:
        model: Name of the chat-model setup on whose behalf the tools are called.
        tool_calls: The calls, each ``{"id", "type": "function", "function": {"name",
            "arguments"}, "original_id"}``, as in an assistant message.
    """

    model: str
    tool_calls: list[dict[str, Any]]


class ToolResponseEvent(Event):
    """The results of a :class:`ToolRequestEvent`.

    Attributes:
        request_id: Id of the request event.
        responses: Result of each call by the call's id; a failed call's result is the text of
            its error.
        external_ids: The provider's own id of each call, if it had one.
    """

    request_id: UUID
    responses: dict[UUID, Any]
    external_ids: dict[UUID, str | None]


EVENT_TYPE_NAMES["_tool_request_event"] = ToolRequestEvent
EVENT_TYPE_NAMES["_tool_response_event"] = ToolResponseEvent

"""The one form of a chat message, for every provider and both languages."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel, Field


class MessageRole(str, Enum):
    """Who speaks in a :class:`ChatMessage`."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ChatMessage(BaseModel):
    """One message of a conversation with a model.

    Attributes:
        role: Who speaks. Default ``USER``.
        content: The text. Default empty.
        tool_calls: Of an assistant message, the calls it asks for, each
            ``{"id": str, "type": "function", "function": {"name": str, "arguments": dict},
            "original_id": str | None}``; ``original_id`` is the provider's own id.
        extra_args: What belongs to the message and is never sent to a provider as it is:
            ``external_id`` (of a tool message, the ``original_id`` that it answers),
            ``reasoning``, ``model_name``, ``promptTokens``, ``completionTokens``,
            ``structured_output``; or values for the placeholders of a prompt.
    """

    role: MessageRole = MessageRole.USER
    content: str = ""
    tool_calls: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    extra_args: dict[str, Any] = Field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return f"{self.role.value}: {self.content}"

"""The one form of a chat message, for every provider and both languages."""

from __future__ import annotations

import base64
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self


class MessageRole(str, Enum):
    """Who speaks in a :class:`ChatMessage`."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class TextPart(BaseModel):
    """A piece of text in a message of several parts."""

    model_config = ConfigDict(extra="forbid")

    text: str


class ImagePart(BaseModel):
    """An image in a message, by its address or by its bytes.

    Attributes:
        url: Where the model's server finds it, ``http://`` or ``https://``.
        data: The bytes of the file, instead of ``url``.
        media_type: Of ``data``, such as ``image/png``.
    """

    model_config = ConfigDict(extra="forbid")

    url: str | None = None
    data: bytes | None = None
    media_type: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.url is None) == (self.data is None):
            raise ValueError("an image is given either by url or by data")
        if self.data is not None and not (self.media_type or "").startswith("image/"):
            raise ValueError("an image given by data needs its media_type, such as 'image/png'")
        return self

    @property
    def address(self) -> str:
        """The URL, or the bytes as a ``data:`` URL."""
        if self.url is not None:
            return self.url
        return f"data:{self.media_type};base64,{self.base64}"

    @property
    def base64(self) -> str:
        """The bytes in base64.

        Raises:
            ValueError: If the image is given by its address.
        """
        if self.data is None:
            raise ValueError("the image is given by its address: this provider needs its bytes")
        return base64.b64encode(self.data).decode()


class ChatMessage(BaseModel):
    """One message of a conversation with a model.

    Attributes:
        role: Who speaks. Default ``USER``.
        content: The text. Default empty.
        parts: What follows the text: images, and further text between them. Default none.
        tool_calls: Of an assistant message, the calls it asks for, each
            ``{"id": str, "type": "function", "function": {"name": str, "arguments": dict},
            "original_id": str | None}``; ``original_id`` is the provider's own id.
        extra_args: What belongs to the message and is never sent to a provider as it is:
            ``external_id`` (of a tool message, the ``original_id`` that it answers),
            ``is_error`` (of a tool message, that the call failed), ``reasoning``, ``model_name``,
            ``promptTokens``, ``completionTokens``, ``structured_output``; or, of a user or system
            message, values for the placeholders of a prompt.
    """

    role: MessageRole = MessageRole.USER
    content: str = ""
    parts: list[TextPart | ImagePart] = Field(default_factory=list[TextPart | ImagePart])
    tool_calls: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    extra_args: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def all_parts(self) -> list[TextPart | ImagePart]:
        """The text, unless it is empty, and the parts that follow it."""
        return [TextPart(text=self.content), *self.parts] if self.content else list(self.parts)

    def __str__(self) -> str:
        return f"{self.role.value}: {self.content}"


class ChatChunk(BaseModel):
    """A piece of an answer that is still being written.

    Attributes:
        content: The text that was added. Default empty.
        reasoning: The reasoning that was added. Default empty.
        message: Of the last chunk, the whole answer; of all others None.
    """

    content: str = ""
    reasoning: str = ""
    message: ChatMessage | None = None


__all__ = ["ChatChunk", "ChatMessage", "ImagePart", "MessageRole", "TextPart"]

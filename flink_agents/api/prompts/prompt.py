"""Prompts: templates of what is said to a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from flink_agents.api.chat_message import ChatMessage, MessageRole, TextPart
from flink_agents.api.prompts.utils import SafeFormatter
from flink_agents.api.resource import ResourceType, SerializableResource


class Prompt(SerializableResource, ABC):
    """Base of all prompts. Make one with :meth:`from_text` or :meth:`from_messages`.

    A placeholder is ``{name}``. One without a value stays as it is, and so do all other braces,
    as those of JSON. Values that are no texts are put in as ``str()`` gives them.
    """

    @classmethod
    def resource_type(cls) -> ResourceType:
        """``PROMPT``."""
        return ResourceType.PROMPT

    @staticmethod
    def from_messages(messages: Sequence[ChatMessage]) -> LocalPrompt:
        """A prompt of several messages, whose texts are templates."""
        return LocalPrompt(list(messages))

    @staticmethod
    def from_text(text: str) -> LocalPrompt:
        """A prompt of one text."""
        return LocalPrompt(text)

    @abstractmethod
    def format_string(self, /, **kwargs: Any) -> str:
        """The filled prompt as one text.

        Args:
            **kwargs: Values of the placeholders.

        Returns:
            The text; of several messages, a line ``role: content`` for each. Images are left out.
        """

    @abstractmethod
    def format_messages(
        self, role: MessageRole = MessageRole.SYSTEM, /, **kwargs: Any
    ) -> list[ChatMessage]:
        """The filled prompt as messages.

        Args:
            role: Who says a prompt of one text; messages keep their own roles. Default
                ``SYSTEM``. May also be given by name; a ``role=`` that is not a
                :class:`MessageRole` is the value of a placeholder.
            **kwargs: Values of the placeholders.

        Returns:
            New messages.
        """


class LocalPrompt(Prompt):
    """A prompt that is written in the program.

    Args:
        template: A text, or messages whose texts are templates.
    """

    template: str | list[ChatMessage]

    def __init__(self, template: str | Sequence[ChatMessage] | None = None, /, **data: Any) -> None:
        if template is not None:
            data["template"] = template
        super().__init__(**data)

    def format_string(self, /, **kwargs: Any) -> str:
        """The filled prompt as one text."""
        formatter = SafeFormatter(kwargs)
        if isinstance(self.template, str):
            return formatter.format(self.template)
        return "\n".join(f"{m.role.value}: {formatter.format(_text(m))}" for m in self.template)

    def format_messages(
        self, role: MessageRole = MessageRole.SYSTEM, /, **kwargs: Any
    ) -> list[ChatMessage]:
        """The filled prompt as messages."""
        if isinstance(kwargs.get("role"), MessageRole):
            role = kwargs.pop("role")
        formatter = SafeFormatter(kwargs)
        if isinstance(self.template, str):
            return [ChatMessage(role=role, content=formatter.format(self.template))]
        filled: list[ChatMessage] = []
        for message in self.template:
            copied = message.model_copy(deep=True)
            copied.content = formatter.format(copied.content)
            for part in copied.parts:
                if isinstance(part, TextPart):
                    part.text = formatter.format(part.text)
            filled.append(copied)
        return filled


def _text(message: ChatMessage) -> str:
    return "\n".join(part.text for part in message.all_parts if isinstance(part, TextPart))


__all__ = ["LocalPrompt", "Prompt"]

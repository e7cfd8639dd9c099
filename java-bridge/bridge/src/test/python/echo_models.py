"""Python chat models for the Java tests: they do what the arguments of a call ask for."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from flink_agents import exceptions
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.tools.tool import Tool

_cancelled = 0


class EchoConnection(BaseChatModelConnection):
    """Says the last message again."""

    api_key: str = "none"
    greeting_text: str = ""

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Sleep, fail or echo."""
        global _cancelled
        try:
            await asyncio.sleep(kwargs.get("seconds", 0))
        except asyncio.CancelledError:
            _cancelled += 1
            raise
        if name := kwargs.get("fail"):
            if name == "exit":
                os._exit(7)
            raise _error(name, f"it failed with the key {self.api_key}")
        last = messages[-1]
        told: dict[str, Any] = {
            "arguments": kwargs,
            "cancelled": _cancelled,
            "pid": os.getpid(),
            "messages": [message.model_dump(mode="json") for message in messages],
            "tools": [tool.metadata.get_parameters_dict() for tool in tools or ()],
        }
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=self.greeting_text + last.content,
            extra_args={**last.extra_args, **told},
        )


class BlockingConnection(BaseChatModelConnection):
    """One that is not async."""

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Block a thread, then echo."""
        time.sleep(kwargs.get("seconds", 0))
        return ChatMessage(role=MessageRole.ASSISTANT, content=messages[-1].content)


class EchoSetup(BaseChatModelSetup):
    """Gives its model and whether to extract reasoning."""

    extract_reasoning: bool = False

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Both of them."""
        return {"model": self.model, "extract_reasoning": self.extract_reasoning}


def _error(name: str, text: str) -> Exception:
    found = getattr(exceptions, name, None) or {"TimeoutError": TimeoutError}.get(
        name, RuntimeError
    )
    return found(text)

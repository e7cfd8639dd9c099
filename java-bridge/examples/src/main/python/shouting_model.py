"""A chat model of your own, written in Python, for a Java agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.tools.tool import Tool


class ShoutingConnection(BaseChatModelConnection):
    """Says the last message again, in capitals.

    Attributes:
        mark: What follows it.
    """

    mark: str = "?"

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Answer."""
        content = messages[-1].content.upper() + self.mark * kwargs["times"]
        return ChatMessage(role=MessageRole.ASSISTANT, content=content)


class ShoutingSetup(BaseChatModelSetup):
    """How it is used.

    Attributes:
        times: How often the mark is said.
    """

    times: int = 1

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """What the connection is told with each call."""
        return {"times": self.times}

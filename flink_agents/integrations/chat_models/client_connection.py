"""Connections that share asynchronous clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ConfigDict, PrivateAttr

from flink_agents.api.blocking import run_blocking
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.shared_clients import ClientUser


class ClientChatModelConnection(BaseChatModelConnection):
    """Base of connections whose ``achat`` uses a client from ``self._clients``.

    Set ``_clients`` when the connection is created.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _clients: ClientUser[Any] = PrivateAttr()

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """As :meth:`achat`, for code that is not async."""
        return run_blocking(self.achat(messages, tools, **kwargs), release=self.aclose)

    def _shared_client(self, key: Callable[[], str], create: Callable[[], Any]) -> Any:
        """The client for the running loop.

        Args:
            key: Tells the key of its settings.
            create: Makes it, if no connection of this subtask has one of that key.
        """
        # Its connections are as many as the calls of one subtask.
        return self._clients.get(lambda: f"{self.client_scope} {key()}", create)

    async def aclose(self) -> None:
        """Give back the client of the running event loop."""
        await self._clients.release()


__all__ = ["ClientChatModelConnection"]

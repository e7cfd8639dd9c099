"""Connections that share asynchronous clients."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict, PrivateAttr

from flink_agents.api.blocking import event_loop, run_blocking
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
        return run_blocking(self._chat_on_any_loop(messages, tools, **kwargs))

    async def _chat_on_any_loop(self, *args: Any, **kwargs: Any) -> ChatMessage:
        try:
            return await self.achat(*args, **kwargs)
        finally:
            if asyncio.get_running_loop() is not event_loop.get():
                # The loop was made for this call and ends with it.
                await self.aclose()

    async def aclose(self) -> None:
        """Give back the client of the running event loop."""
        await self._clients.release()


__all__ = ["ClientChatModelConnection"]

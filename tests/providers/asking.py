"""How the tests ask a model: a setup and a connection to a server, as an agent would have them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.integrations.chat_models.openai import (
    OpenAIChatModelConnection,
    OpenAIChatModelSetup,
)
from tests.providers.recorded_server import RecordedServer

HI = [ChatMessage(content="Hi.")]

#: The one argument that every connection to OpenAI needs.
KEY: dict[str, Any] = {"api_key": "sk-test"}


@dataclass(frozen=True)
class Asked:
    """A provider that tests ask.

    Attributes:
        connection: Class of its connections.
        setup: Class of its setups.
        arguments: Of a connection to a server of that URL that does not retry.
        model: Arguments that every setup needs.
    """

    connection: type[BaseChatModelConnection]
    setup: type[BaseChatModelSetup]
    arguments: Callable[[str], dict[str, Any]]
    model: dict[str, Any]

    def connect(self, server: RecordedServer, **arguments: Any) -> Any:
        """A connection to the server that does not retry, unless the arguments say otherwise."""
        return self.connection(**{**self.arguments(server.url), **arguments})

    def set_up(
        self,
        connection: BaseChatModelConnection,
        tools: Sequence[Callable[..., Any]] = (),
        **arguments: Any,
    ) -> Any:
        """A setup with that connection and functions as tools."""
        functions = {func.__name__: FunctionTool(func) for func in tools}
        resources: dict[ResourceType, dict[str, Resource]] = {
            ResourceType.CHAT_MODEL_CONNECTION: {"connection": connection},
            ResourceType.TOOL: {**functions},
        }
        return self.setup(
            connection="connection",
            tools=list(functions),
            get_resource=lambda name, kind: resources[kind][name],
            **{**self.model, **arguments},
        )


OPENAI = Asked(
    OpenAIChatModelConnection,
    OpenAIChatModelSetup,
    lambda url: {**KEY, "api_base_url": f"{url}/v1", "max_retries": 0},
    {},
)


def openai_connection(server: RecordedServer, **arguments: Any) -> OpenAIChatModelConnection:
    """A connection to the server that does not retry, unless the arguments say otherwise."""
    return OPENAI.connect(server, **arguments)


def ask(
    server: RecordedServer,
    *messages: ChatMessage,
    provider: Asked = OPENAI,
    tools: Sequence[Callable[..., Any]] = (),
    connection: dict[str, Any] | None = None,
    setup: dict[str, Any] | None = None,
    **arguments: Any,
) -> ChatMessage:
    """Ask once, on an event loop of its own.

    Args:
        server: The other end.
        messages: The conversation; "Hi." if there is none.
        provider: What kind of server it is. Default OpenAI's.
        tools: Functions that the model may call.
        connection: Arguments of the connection.
        setup: Arguments of the setup.
        **arguments: Arguments of the call.
    """

    async def run() -> ChatMessage:
        opened = provider.connect(server, **(connection or {}))
        try:
            model = provider.set_up(opened, tools, **(setup or {}))
            return await model.achat(messages or [ChatMessage(content="Hi.")], **arguments)
        finally:
            await opened.aclose()

    return asyncio.run(run())


def ask_for_chunks(
    server: RecordedServer,
    *messages: ChatMessage,
    provider: Asked = OPENAI,
    tools: Sequence[Callable[..., Any]] = (),
    connection: dict[str, Any] | None = None,
    setup: dict[str, Any] | None = None,
    **arguments: Any,
) -> list[ChatChunk]:
    """As :func:`ask`, for an answer in pieces."""

    async def run() -> list[ChatChunk]:
        opened = provider.connect(server, **(connection or {}))
        try:
            model = provider.set_up(opened, tools, **(setup or {}))
            asked = messages or [ChatMessage(content="Hi.")]
            async with aclosing(model.achat_stream(asked, **arguments)) as chunks:
                return [chunk async for chunk in chunks]
        finally:
            await opened.aclose()

    return asyncio.run(run())

"""How the tests ask a model: a setup and a connection to a server, as an agent would have them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.integrations.chat_models.openai import (
    OpenAIChatModelConnection,
    OpenAIChatModelSetup,
)
from tests.providers.recorded_server import RecordedServer

#: The one argument that every connection needs.
KEY: dict[str, Any] = {"api_key": "sk-test"}


def openai_connection(server: RecordedServer, **arguments: Any) -> OpenAIChatModelConnection:
    """A connection to the server that does not retry, unless the arguments say otherwise."""
    given = {**KEY, "api_base_url": f"{server.url}/v1", "max_retries": 0}
    return OpenAIChatModelConnection(**{**given, **arguments})


def openai_setup(
    connection: OpenAIChatModelConnection,
    tools: Sequence[Callable[..., Any]] = (),
    **arguments: Any,
) -> OpenAIChatModelSetup:
    """A setup with that connection and functions as tools."""
    functions = {func.__name__: FunctionTool(func) for func in tools}
    resources: dict[ResourceType, dict[str, Resource]] = {
        ResourceType.CHAT_MODEL_CONNECTION: {"connection": connection},
        ResourceType.TOOL: {**functions},
    }
    return OpenAIChatModelSetup(
        connection="connection",
        tools=list(functions),
        get_resource=lambda name, kind: resources[kind][name],
        **arguments,
    )


def ask(
    server: RecordedServer,
    *messages: ChatMessage,
    tools: Sequence[Callable[..., Any]] = (),
    connection: dict[str, Any] | None = None,
    setup: dict[str, Any] | None = None,
    **arguments: Any,
) -> ChatMessage:
    """Ask once, on an event loop of its own.

    Args:
        server: The other end.
        messages: The conversation; "Hi." if there is none.
        tools: Functions that the model may call.
        connection: Arguments of the connection.
        setup: Arguments of the setup.
        **arguments: Arguments of the call.
    """

    async def run() -> ChatMessage:
        opened = openai_connection(server, **(connection or {}))
        try:
            model = openai_setup(opened, tools, **(setup or {}))
            return await model.achat(messages or [ChatMessage(content="Hi.")], **arguments)
        finally:
            await opened.aclose()

    return asyncio.run(run())

"""What connections that pass requests on to other connections have in common."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, cast

from pydantic import PrivateAttr, SecretStr

from flink_agents.api.blocking import run_blocking
from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.chat_models.cost import add_cost
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.resource import ResourceType
from flink_agents.api.tools.tool import Tool


class WrapperChatModelConnection(BaseChatModelConnection):
    """Base of connections that pass requests on to others, which are named."""

    #: Who passes a request on adapts it to what the other connection can do.
    native_structured_output: ClassVar[bool] = True
    _identities: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    @classmethod
    @abstractmethod
    def wrapped(cls, arguments: Mapping[str, Any]) -> list[str]:
        """Names of the connections that one with these arguments passes requests on to."""

    @classmethod
    def references(cls, arguments: Mapping[str, Any]) -> list[tuple[str, ResourceType]]:
        """The connections that requests are passed on to."""
        return [(name, ResourceType.CHAT_MODEL_CONNECTION) for name in cls.wrapped(arguments)]

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """As :meth:`achat`, for code that is not async."""
        return run_blocking(self.achat(messages, tools, **kwargs), release=self._release_wrapped)

    async def _release_wrapped(self) -> None:
        for name in self.wrapped(self.model_dump()):
            inner = self._connection(name)
            if isinstance(inner, WrapperChatModelConnection):
                await inner._release_wrapped()
            else:
                await inner.aclose()

    def _connection(self, name: str) -> BaseChatModelConnection:
        if self.get_resource is None:
            raise RuntimeError(
                f"{type(self).__name__} is not attached to an agent, so it cannot find the "
                f"connection {name!r}. Get it by ctx.get_resource."
            )
        found = self.get_resource(name, ResourceType.CHAT_MODEL_CONNECTION)
        return cast("BaseChatModelConnection", found)

    def _identity(self, name: str) -> str:
        """A text that is equal for connections that ask the same servers in the same way."""
        if (known := self._identities.get(name)) is not None:
            return known
        connection = self._connection(name)
        told: list[Any] = [type(connection).__module__, type(connection).__qualname__]
        told.append(connection.model_dump())
        if isinstance(connection, WrapperChatModelConnection):
            told += [connection._identity(inner) for inner in connection.wrapped(told[-1])]
        identity = self._identities[name] = json.dumps(told, sort_keys=True, default=_shown)
        return identity

    async def _ask(
        self,
        connection: BaseChatModelConnection,
        messages: Sequence[ChatMessage],
        tools: list[Tool] | None,
        kwargs: Mapping[str, Any],
    ) -> ChatMessage:
        messages, arguments = _adapted(connection, messages, kwargs)
        answer = await connection.achat(messages, tools, **arguments)
        add_cost(answer, connection.api_url)
        return answer

    async def _ask_stream(
        self,
        connection: BaseChatModelConnection,
        messages: Sequence[ChatMessage],
        tools: list[Tool] | None,
        kwargs: Mapping[str, Any],
    ) -> AsyncGenerator[ChatChunk, None]:
        messages, arguments = _adapted(connection, messages, kwargs)
        async with aclosing(connection.achat_stream(messages, tools, **arguments)) as chunks:
            async for chunk in chunks:
                if chunk.message is not None:
                    add_cost(chunk.message, connection.api_url)
                yield chunk


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        # Another key is another account: what it allows and what it was answered are its own.
        return hashlib.blake2b(value.get_secret_value().encode(), digest_size=16).hexdigest()
    return repr(value)


def _adapted(
    connection: BaseChatModelConnection, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]
) -> tuple[Sequence[ChatMessage], dict[str, Any]]:
    arguments = dict(kwargs)
    if not connection.native_structured_output:
        schema = arguments.pop("output_schema", None)
        if schema is not None:
            messages = with_schema_instruction(messages, schema)
    return messages, arguments


__all__ = ["WrapperChatModelConnection"]

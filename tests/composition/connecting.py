"""Connections whose answers a test scripts, and a way to wrap them without a job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from pydantic import PrivateAttr

from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.tools.tool import Tool

T = TypeVar("T")


class Inner(BaseChatModelConnection):
    """Gives one step of its script after the other, the last one for ever.

    A step is a text, an error to raise, or a number of seconds to hang before the next step. In a
    stream, a text is given letter by letter, and an error comes after its first two letters.
    """

    name: str
    _steps: list[Any] = PrivateAttr(default_factory=lambda: ["answer"])
    _asked: list[tuple[list[ChatMessage], dict[str, Any]]] = PrivateAttr(default_factory=list)
    _closed: int = PrivateAttr(default=0)

    def script(self, *steps: Any) -> Inner:
        self._steps = list(steps)
        return self

    @property
    def asked(self) -> list[tuple[list[ChatMessage], dict[str, Any]]]:
        return self._asked

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        step = await self._next(messages, kwargs)
        if isinstance(step, Exception):
            raise step
        return self._message(step)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        step = await self._next(messages, kwargs)
        for letter in "no" if isinstance(step, Exception) else step:
            yield ChatChunk(content=letter)
        if isinstance(step, Exception):
            raise step
        yield ChatChunk(message=self._message(step))

    async def aclose(self) -> None:
        self._closed += 1

    async def _next(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> Any:
        self._asked.append((list(messages), kwargs))
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, (int, float)):
            await asyncio.sleep(step)
            return self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        return step

    def _message(self, content: str) -> ChatMessage:
        usage = {"model_name": self.name, "promptTokens": 10, "completionTokens": 20}
        return ChatMessage(role=MessageRole.ASSISTANT, content=content, extra_args=usage)


class Native(Inner):
    native_structured_output = True


def attach(wrapper: BaseChatModelConnection, *inner: Inner) -> Any:
    """Let a wrapper find the connections by their names."""
    found: dict[str, Resource] = {connection.name: connection for connection in inner}

    def lookup(name: str, kind: ResourceType) -> Resource:
        assert kind is ResourceType.CHAT_MODEL_CONNECTION
        return found[name]

    wrapper.get_resource = lookup
    return wrapper


HI = [ChatMessage(content="Hi.")]


def ask(connection: BaseChatModelConnection, text: str = "Hi.", **kwargs: Any) -> ChatMessage:
    return asyncio.run(connection.achat([ChatMessage(content=text)], **kwargs))


def chunks(connection: BaseChatModelConnection, text: str = "Hi.") -> list[ChatChunk]:
    async def run() -> list[ChatChunk]:
        stream = connection.achat_stream([ChatMessage(content=text)])
        return [chunk async for chunk in stream]

    return asyncio.run(run())


def together(*makes: Callable[[], Coroutine[Any, Any, T]]) -> list[T]:
    async def run() -> list[T]:
        return await asyncio.gather(*(make() for make in makes))

    return asyncio.run(run())

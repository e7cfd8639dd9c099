"""Chat models: a connection speaks to a server, a setup says how to use it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, cast

from pydantic import Field

from flink_agents.api.blocking import run_blocking, run_in_thread
from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.chat_models.cost import add_cost
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.tools.tool import Tool


class BaseChatModelConnection(Resource, ABC):
    """Connection to a chat-model service, shared by any number of setups.

    Implement :meth:`achat` (runs on the event loop: best for services reached over the network)
    or :meth:`chat` (runs in a thread pool). The other one then works too.
    """

    #: The service takes ``output_schema=<JSON schema>`` as an argument and keeps to it.
    native_structured_output: ClassVar[bool] = False

    @classmethod
    def resource_type(cls) -> ResourceType:
        """``CHAT_MODEL_CONNECTION``."""
        return ResourceType.CHAT_MODEL_CONNECTION

    @property
    def api_url(self) -> str | None:
        """URL of the API, by which its price list is found; None if there is none."""
        return None

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Send a conversation and wait for the answer.

        Args:
            messages: The conversation, oldest first.
            tools: Tools that the model may ask to call.
            **kwargs: Parameters of the model, such as ``model`` and ``temperature``.

        Returns:
            The assistant's message.

        Raises:
            ModelError: If the service fails or refuses.
        """
        _require_implementation(type(self), "achat")
        return run_blocking(self.achat(messages, tools, **kwargs))

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """As :meth:`chat`, without blocking the event loop."""
        _require_implementation(type(self), "chat")
        return await run_in_thread(self.chat, messages, tools, **kwargs)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, with the answer in pieces while it is being written.

        A connection that does not implement it gives the whole answer in one piece.

        Yields:
            The pieces of text and of reasoning, in order; the last chunk, and no other, has the
            whole ``message``. Tool calls are in that message only.
        """
        message = await self.achat(messages, tools, **kwargs)
        yield ChatChunk(content=message.content, message=message)

    DEFAULT_REASONING_PATTERNS: ClassVar[tuple[str, ...]] = (
        r"<think>(.*?)</think>",
        r"<thinking>(.*?)</thinking>",
        r"<analysis>(.*?)</analysis>",
        r"<reasoning>(.*?)</reasoning>",
    )

    @staticmethod
    def _extract_reasoning(
        content: str, patterns: Sequence[str] | None = None
    ) -> tuple[str, str | None]:
        """Split an answer into what is meant for the reader and the reasoning in tags.

        Args:
            content: The answer.
            patterns: Regular expressions whose first group is reasoning. Default
                ``DEFAULT_REASONING_PATTERNS``.

        Returns:
            The answer without reasoning, and the reasoning or None.
        """
        found: list[str] = []

        def keep(match: re.Match[str]) -> str:
            found.append((match.group(1) if match.re.groups else match.group(0)).strip())
            return ""

        for pattern in patterns or BaseChatModelConnection.DEFAULT_REASONING_PATTERNS:
            content = re.sub(pattern, keep, content, flags=re.DOTALL | re.IGNORECASE)
        return content.strip() if found else content, "\n".join(found) or None


class BaseChatModelSetup(Resource, ABC):
    """How a chat model is used: which connection, which prompt, tools and parameters.

    Attributes:
        connection: Name of the connection.
        model: Name of the model at the service.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
    """

    connection: str
    model: str | None = None
    prompt: Prompt | str | None = None
    tools: list[str] | None = Field(default=None)

    @classmethod
    def resource_type(cls) -> ResourceType:
        """``CHAT_MODEL``."""
        return ResourceType.CHAT_MODEL

    @classmethod
    def references(cls, arguments: Mapping[str, Any]) -> list[tuple[str, ResourceType]]:
        """The connection, the prompt if it is given by name, and the tools."""
        needed: list[tuple[str, ResourceType]] = []
        if isinstance(connection := arguments.get("connection"), str):
            needed.append((connection, ResourceType.CHAT_MODEL_CONNECTION))
        if isinstance(prompt := arguments.get("prompt"), str):
            needed.append((prompt, ResourceType.PROMPT))
        tools: list[str] = arguments.get("tools") or []
        return needed + [(tool, ResourceType.TOOL) for tool in tools]

    @property
    @abstractmethod
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the model, passed to the connection with each call."""

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatMessage:
        """Ask the model and wait for its answer; tool calls are returned, not carried out.

        Blocks the calling thread. In an action, prefer sending a ``ChatRequestEvent`` or, in an
        ``async def`` action, awaiting :meth:`achat`.

        Args:
            messages: The conversation, oldest first. Values for the prompt's placeholders are
                taken from their ``extra_args``.
            **kwargs: Parameters of the model; they win over the setup's own. ``prompt_args`` (a
                dict) gives further values for the placeholders.
        """
        connection, asked, tools, merged = self._prepare(messages, kwargs)
        return self._finished(connection, connection.chat(asked, tools, **merged))

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatMessage:
        """As :meth:`chat`, without blocking the event loop."""
        if type(self).chat is not BaseChatModelSetup.chat:
            return await run_in_thread(self.chat, messages, **kwargs)
        connection, asked, tools, merged = self._prepare(messages, kwargs)
        return self._finished(connection, await connection.achat(asked, tools, **merged))

    async def achat_stream(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, with the answer in pieces while it is being written.

        Yields:
            Pieces as those of :meth:`BaseChatModelConnection.achat_stream`.
        """
        cls = type(self)
        if cls.chat is not BaseChatModelSetup.chat or cls.achat is not BaseChatModelSetup.achat:
            message = await self.achat(messages, **kwargs)
            yield ChatChunk(content=message.content, message=message)
            return
        connection, asked, tools, merged = self._prepare(messages, kwargs)
        async with aclosing(connection.achat_stream(asked, tools, **merged)) as chunks:
            async for chunk in chunks:
                if chunk.message is not None:
                    self._finished(connection, chunk.message)
                yield chunk

    def get_connection(self) -> BaseChatModelConnection:
        """The connection of this setup."""
        return cast(
            "BaseChatModelConnection",
            self._lookup(self.connection, ResourceType.CHAT_MODEL_CONNECTION),
        )

    def get_tools(self) -> list[Tool]:
        """The tools that the model may call, in declared order."""
        return [cast("Tool", self._lookup(t, ResourceType.TOOL)) for t in self.tools or ()]

    def with_prompt(
        self, messages: Sequence[ChatMessage], prompt_args: Mapping[str, Any] | None = None
    ) -> list[ChatMessage]:
        """The messages with the filled prompt before them.

        Args:
            messages: The conversation; the placeholders' values are the ``extra_args`` of user
                and system messages.
            prompt_args: Further values; they win.
        """
        prompt = self.prompt
        if isinstance(prompt, str):
            prompt = cast("Prompt", self._lookup(prompt, ResourceType.PROMPT))
        if prompt is None:
            return list(messages)
        values: dict[str, Any] = {}
        for message in messages:
            if _has_values(message):
                values.update(message.extra_args)
        values.update(prompt_args or {})
        texts = {name: str(value) for name, value in values.items()}
        filled = prompt.format_messages(MessageRole.SYSTEM, **texts)
        # A message that only carries values for the prompt has nothing to say itself.
        return filled + [m for m in messages if not (_has_values(m) and not m.all_parts)]

    def _prepare(
        self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]
    ) -> tuple[BaseChatModelConnection, list[ChatMessage], list[Tool], dict[str, Any]]:
        asked = self.with_prompt(messages, kwargs.pop("prompt_args", None))
        return self.get_connection(), asked, self.get_tools(), {**self.model_kwargs, **kwargs}

    def _finished(self, connection: BaseChatModelConnection, response: ChatMessage) -> ChatMessage:
        add_cost(response, connection.api_url)
        usage = response.extra_args
        if "promptTokens" in usage and "completionTokens" in usage:
            model = str(usage.get("model_name") or self.model or "unknown")
            self._record_token_metrics(model, usage["promptTokens"], usage["completionTokens"])
            self._record_cost(model, usage.get("costUsd"))
        return response

    def _record_token_metrics(self, model: str, prompt: int, completion: int) -> None:
        """Count the tokens of a call in the metrics of the action that made it."""
        if (metrics := self.metric_group) is not None:
            group = metrics.get_sub_group("model").get_sub_group(model)
            group.get_counter("promptTokens").inc(prompt)
            group.get_counter("completionTokens").inc(completion)

    def _record_cost(self, model: str, cost: float | None) -> None:
        if cost is not None and (metrics := self.metric_group) is not None:
            group = metrics.get_sub_group("model").get_sub_group(model)
            group.get_counter("costNanoUsd").inc(round(cost * 1e9))

    def _lookup(self, name: str, kind: ResourceType) -> Resource:
        if self.get_resource is None:
            raise RuntimeError(
                f"{type(self).__name__} is not attached to an agent, so it cannot find the "
                f"{kind.value} {name!r}. Get it by ctx.get_resource(name, ResourceType.CHAT_MODEL)."
            )
        return self.get_resource(name, kind)


def _has_values(message: ChatMessage) -> bool:
    """Whether its ``extra_args`` are for the prompt; those of others tell about the message."""
    return bool(message.extra_args) and message.role in (MessageRole.USER, MessageRole.SYSTEM)


def _require_implementation(cls: type[BaseChatModelConnection], other: str) -> None:
    if getattr(cls, other) is getattr(BaseChatModelConnection, other):
        raise TypeError(
            f"{cls.__module__}.{cls.__qualname__} implements neither chat() nor achat(). "
            "Implement one of them."
        )


__all__ = ["BaseChatModelConnection", "BaseChatModelSetup"]

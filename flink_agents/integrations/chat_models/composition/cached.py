"""A connection that remembers answers."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.resource import kept_values
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.composition.wrapper import WrapperChatModelConnection

#: What of a message's ``extra_args`` a provider gets to see in some form.
_SENT_ARGS = (
    *("external_id", "externalId", "tool_name", "is_error", "isError"),
    *("reasoning", "thinking", "reasoning_blocks", "content_blocks"),
)


class CachedChatModelConnection(WrapperChatModelConnection):
    """Answers a request that was answered before from memory.

    Requests are equal if messages, tools and parameters are. An answer from memory is marked by
    ``extra_args["cached"] = True`` and counts no tokens. Errors are not remembered. Requests that
    are under way at the same time are all sent.

    The journal comes first: a call that was finished before a crash is answered from there.

    Attributes:
        connection: Name of the connection that requests are passed on to.
        scope: ``process``: all keys of a process share the answers, which end with the last
            connection that uses them. ``key``: each key has its own, kept in Flink's state with
            it, also over restarts. That works for chat requests and in asynchronous actions;
            elsewhere nothing is remembered. Default ``process``.
        ttl: Seconds that an answer is remembered. Above 0, default 3,600.
        max_entries: Answers that are remembered, of a process or of each key; beyond that those
            that were not used for longest go. At least 1. Default 10,000, or 20 per key.
    """

    connection: str
    scope: Literal["process", "key"] = "process"
    ttl: float = Field(default=3600.0, gt=0)
    max_entries: int | None = Field(default=None, ge=1)
    _held: Answers | None = PrivateAttr(default=None)

    @classmethod
    def wrapped(cls, arguments: Mapping[str, Any]) -> list[str]:
        """The connection's name."""
        name = arguments.get("connection")
        return [name] if isinstance(name, str) else []

    @classmethod
    def keeps(cls, arguments: Mapping[str, Any]) -> list[str]:
        """The answers, with the scope ``key``."""
        if arguments.get("scope") != "key":
            return []
        return [_kept_name(str(arguments.get("connection")))]

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """The answer from memory, else that of the wrapped connection."""
        digest = self._digest(messages, tools, kwargs)
        if (known := self._recall(digest)) is not None:
            return known
        answer = await self._ask(self._connection(self.connection), messages, tools, kwargs)
        self._remember(digest, answer)
        return answer

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces; an answer from memory is one piece."""
        digest = self._digest(messages, tools, kwargs)
        if (known := self._recall(digest)) is not None:
            yield ChatChunk(content=known.content, message=known)
            return
        stream = self._ask_stream(self._connection(self.connection), messages, tools, kwargs)
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                if chunk.message is not None:
                    self._remember(digest, chunk.message)
                yield chunk

    def _digest(
        self,
        messages: Sequence[ChatMessage],
        tools: Sequence[Tool] | None,
        kwargs: Mapping[str, Any],
    ) -> str:
        return request_digest(self._identity(self.connection), messages, tools or (), kwargs)

    def _recall(self, digest: str) -> ChatMessage | None:
        text = self._current().get(digest)
        self._count("cacheHits" if text is not None else "cacheMisses")
        if text is None:
            return None
        answer = ChatMessage.model_validate_json(text)
        for spent in ("promptTokens", "completionTokens", "costUsd"):
            if spent in answer.extra_args:
                answer.extra_args[spent] = 0
        answer.extra_args["cached"] = True
        return answer

    def _remember(self, digest: str, answer: ChatMessage) -> None:
        answers = self._current()
        answers.put(digest, answer.model_dump_json())
        if self.scope == "key" and (kept := kept_values.get()) is not None:
            kept.set(_kept_name(self.connection), answers.dump())

    def _current(self) -> Answers:
        if self.scope == "key":
            answers = Answers(self.ttl, self.max_entries or 20, clock=time.time)
            if (kept := kept_values.get()) is not None:
                answers.load(kept.get(_kept_name(self.connection)) or [])
            return answers
        if self._held is None:
            settings = self.ttl, self.max_entries or 10_000
            with _lock:
                # Not by `or`: answers that are still empty count as false.
                if (held := _shared.get(settings)) is None:
                    held = _shared[settings] = Answers(*settings)
                self._held = held
        return self._held

    def _count(self, name: str) -> None:
        if (metrics := self.metric_group) is not None:
            group = metrics.get_sub_group("connection").get_sub_group(self.connection)
            group.get_counter(name).inc()


@dataclass(eq=False)
class Answers:
    """Texts by digest, each for a while, the least recently used ones going first.

    Attributes:
        ttl: Seconds that one is remembered.
        limit: How many are remembered at most.
        clock: Seconds from a beginning that all who read them share.
    """

    ttl: float
    limit: int
    clock: Callable[[], float] = time.monotonic
    _entries: dict[str, tuple[float, str]] = field(
        default_factory=dict[str, "tuple[float, str]"], init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: str) -> str | None:
        """The text, if it is remembered."""
        with self._lock:
            entry = self._entries.pop(digest, None)
            if entry is None or entry[0] <= self.clock():
                return None
            self._entries[digest] = entry  # now the one that was used last
            return entry[1]

    def put(self, digest: str, text: str) -> None:
        """Remember a text."""
        with self._lock:
            self._entries.pop(digest, None)
            self._entries[digest] = (self.clock() + self.ttl, text)
            while len(self._entries) > self.limit:
                del self._entries[next(iter(self._entries))]

    def dump(self) -> list[list[Any]]:
        """What is remembered, as JSON values."""
        now = self.clock()
        return [[d, until, text] for d, (until, text) in self._entries.items() if until > now]

    def load(self, dumped: Sequence[Sequence[Any]]) -> None:
        """Remember what was dumped."""
        self._entries = {digest: (until, text) for digest, until, text in dumped}


_shared: weakref.WeakValueDictionary[tuple[float, int], Answers] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def _kept_name(connection: str) -> str:
    return f"answers of {connection}"


def request_digest(
    connection: str,
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    kwargs: Mapping[str, Any],
) -> str:
    """A digest that is equal for requests that a provider would get as equal.

    Args:
        connection: Tells the connections apart that are asked.
        messages: The conversation.
        tools: Tools that the model may ask to call.
        kwargs: Parameters of the request.

    Ids that the library gave to tool calls do not count, nor what a provider never sees.
    """
    request = [
        connection,
        [_sent(message) for message in messages],
        [[t.name, t.metadata.description, t.metadata.get_parameters_dict()] for t in tools],
        dict(kwargs),
    ]
    text = json.dumps(request, sort_keys=True, default=repr, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _sent(message: ChatMessage) -> list[Any]:
    calls = [{k: v for k, v in call.items() if k != "id"} for call in message.tool_calls]
    parts = [part.model_dump() for part in message.parts]
    args = {name: message.extra_args.get(name) for name in _SENT_ARGS}
    return [message.role.value, message.content, parts, calls, args]


__all__ = ["Answers", "CachedChatModelConnection", "request_digest"]

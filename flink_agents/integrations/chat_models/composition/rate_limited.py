"""A connection that keeps to a limit of requests and tokens per minute."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import InitVar, dataclass, field
from typing import Any

from pydantic import Field, PrivateAttr, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatChunk, ChatMessage, TextPart
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.composition.token_bucket import TokenBucket
from flink_agents.integrations.chat_models.composition.wrapper import WrapperChatModelConnection

#: What a text is taken to have before its tokens are known: about so for English.
_CHARS_PER_TOKEN = 4
#: Weight of the last answer in the running mean of their tokens.
_NEW_WEIGHT = 0.1


class RateLimitedChatModelConnection(WrapperChatModelConnection):
    """Lets requests wait until a limit of their rate allows them.

    Connections of a process that wrap equal connections, or have the same ``limit`` name, and have
    the same limits share them, also those of several subtasks and jobs. Processes do not know of
    each other: with n TaskManagers, give each an nth. A request that waits is in flight and its
    time counts for ``call-timeout``; a further attempt of a request counts as a request. What the
    wrapped connection repeats itself, by ``max_retries``, is not seen here.

    Attributes:
        connection: Name of the connection that requests are passed on to.
        requests_per_minute: Above 0. Default: no limit.
        tokens_per_minute: Of prompts and answers together, above 0. What a request will need is
            estimated, by its length and by the answers so far, and put right when it is known.
            Default: no limit.
        burst_seconds: What may be used at once after a pause, as seconds of the rate. Above 0,
            default 1; at least one request.
        limit: Name of the limit, to share it between connections that differ. Default: none.
    """

    connection: str
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    burst_seconds: float = Field(default=1.0, gt=0)
    limit: str | None = None
    _held: Limits | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.requests_per_minute is None and self.tokens_per_minute is None:
            raise ValueError("give requests_per_minute, tokens_per_minute or both")
        return self

    @classmethod
    def wrapped(cls, arguments: Mapping[str, Any]) -> list[str]:
        """The connection's name."""
        name = arguments.get("connection")
        return [name] if isinstance(name, str) else []

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """The answer of the wrapped connection, asked when the limits allow it."""
        limits = self._limits()
        reserved = await limits.wait(messages)
        # A request that fails is taken to have used what was reserved for it.
        answer = await self._ask(self._connection(self.connection), messages, tools, kwargs)
        limits.settle(reserved, answer)
        return answer

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces."""
        limits = self._limits()
        reserved = await limits.wait(messages)
        stream = self._ask_stream(self._connection(self.connection), messages, tools, kwargs)
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                if chunk.message is not None:
                    limits.settle(reserved, chunk.message)
                yield chunk

    def _limits(self) -> Limits:
        if self._held is None:
            name = self.limit or self._identity(self.connection)
            rates = self.requests_per_minute, self.tokens_per_minute, self.burst_seconds
            with _lock:
                self._held = _shared.get((name, *rates)) or Limits(*rates)
                _shared[(name, *rates)] = self._held
        return self._held


@dataclass(eq=False)
class Limits:
    """The limits that connections share, with the mean size of answers so far."""

    requests_per_minute: InitVar[float | None]
    tokens_per_minute: InitVar[float | None]
    burst_seconds: InitVar[float]
    requests: TokenBucket | None = field(init=False)
    tokens: TokenBucket | None = field(init=False)
    mean_answer: float = field(default=0.0, init=False)

    def __post_init__(
        self,
        requests_per_minute: float | None,
        tokens_per_minute: float | None,
        burst_seconds: float,
    ) -> None:
        self.requests = _bucket(requests_per_minute, burst_seconds)
        self.tokens = _bucket(tokens_per_minute, burst_seconds)

    async def wait(self, messages: Sequence[ChatMessage]) -> float:
        """Wait for a request's turn.

        Returns:
            The tokens that were reserved for it.
        """
        tokens = sum(map(_chars, messages)) / _CHARS_PER_TOKEN + self.mean_answer
        wait = self.requests.reserve(1) if self.requests is not None else 0.0
        if self.tokens is not None:
            wait = max(wait, self.tokens.reserve(tokens))
        try:
            await asyncio.sleep(wait)
        except asyncio.CancelledError:
            if self.requests is not None:
                self.requests.correct(-1)
            if self.tokens is not None:
                self.tokens.correct(-tokens)
            raise
        return tokens

    def settle(self, reserved: float, answer: ChatMessage) -> None:
        """Put right what was reserved."""
        prompt = answer.extra_args.get("promptTokens")
        completion = answer.extra_args.get("completionTokens")
        if self.tokens is not None and isinstance(prompt, int) and isinstance(completion, int):
            self.tokens.correct(prompt + completion - reserved)
            self.mean_answer += _NEW_WEIGHT * (completion - self.mean_answer)


def _chars(message: ChatMessage) -> int:
    return sum(len(part.text) for part in message.all_parts if isinstance(part, TextPart))


def _bucket(per_minute: float | None, burst_seconds: float) -> TokenBucket | None:
    if per_minute is None:
        return None
    return TokenBucket(per_minute, burst=max(1.0, per_minute / 60 * burst_seconds))


_shared: weakref.WeakValueDictionary[tuple[Any, ...], Limits] = weakref.WeakValueDictionary()
_lock = threading.Lock()

__all__ = ["RateLimitedChatModelConnection"]

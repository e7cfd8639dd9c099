"""A connection that asks the next one when one fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ModelError, ModelTimeoutError, ModelUnavailableError
from flink_agents.integrations.chat_models.composition.wrapper import WrapperChatModelConnection
from flink_agents.integrations.timeouts import timeout

logger = logging.getLogger(__name__)


class FallbackTarget(BaseModel):
    """One of the connections, with parameters of its own.

    Attributes:
        connection: Name of the connection.
        arguments: Parameters of the request, such as ``model``, in place of those of the setup:
            another provider has other models, and other names for the rest. Default: the setup's.
    """

    model_config = ConfigDict(extra="forbid")

    connection: str
    arguments: dict[str, Any] | None = None


class FallbackChatModelConnection(WrapperChatModelConnection):
    """Asks the first of several connections, and the next one where one fails or is too slow.

    Each request begins with the first connection. What a connection repeats itself, such as by
    ``max_retries``, comes before the next one is asked; the agent's retries come after the last.

    Attributes:
        connections: Names of the connections in order, or dicts with the fields of
            :class:`FallbackTarget`. At least one.
        timeout: Seconds that each connection has for a whole answer before the next one is asked.
            Above 0. Default: no limit but the connection's own.
    """

    connections: list[str | FallbackTarget] = Field(min_length=1)
    timeout: float | None = Field(default=None, gt=0)

    @classmethod
    def wrapped(cls, arguments: Mapping[str, Any]) -> list[str]:
        """Names of the connections, in order."""
        names: list[str] = []
        for target in arguments.get("connections") or ():
            if isinstance(target, Mapping):
                target = cast("Mapping[str, Any]", target).get("connection")
            elif isinstance(target, FallbackTarget):
                target = target.connection
            if isinstance(target, str):
                names.append(target)
        return names

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """The answer of the first connection that gives one.

        Raises:
            ModelUnavailableError: If none does, and for at least one of them this may pass.
            ModelError: If none does; of the class of the last one's error.
        """
        failures: list[tuple[str, Exception]] = []
        for name, arguments in self._targets(kwargs):
            connection = self._connection(name)
            try:
                async with timeout(self.timeout):
                    return await self._ask(connection, messages, tools, arguments)
            except Exception as error:
                self._failed(name, error, failures)
        raise _none_answered(failures)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces.

        Once a piece has been given, those of a further connection are left out: only the whole
        message tells its answer.
        """
        failures: list[tuple[str, Exception]] = []
        given = False
        for name, arguments in self._targets(kwargs):
            connection = self._connection(name)
            stream = self._ask_stream(connection, messages, tools, arguments)
            started = time.monotonic()
            silent = given
            try:
                async with aclosing(stream) as chunks:
                    while True:
                        async with timeout(self._left(started)):
                            chunk = await anext(chunks)
                        if not silent:
                            given = True
                            yield chunk
                        elif chunk.message is not None:
                            yield ChatChunk(message=chunk.message)
                        if chunk.message is not None:
                            return
            except StopAsyncIteration:
                self._failed(name, ModelUnavailableError("the stream ended early"), failures)
            except Exception as error:
                self._failed(name, error, failures)
        raise _none_answered(failures)

    def _targets(self, kwargs: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        for target in self.connections:
            if isinstance(target, str) or target.arguments is None:
                name = target if isinstance(target, str) else target.connection
                found.append((name, kwargs))
                continue
            arguments = dict(target.arguments)
            if "output_schema" in kwargs:
                arguments["output_schema"] = kwargs["output_schema"]
            found.append((target.connection, arguments))
        return found

    def _left(self, started: float) -> float | None:
        return None if self.timeout is None else started + self.timeout - time.monotonic()

    def _failed(self, name: str, error: Exception, failures: list[tuple[str, Exception]]) -> None:
        if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
            limit = "in time" if self.timeout is None else f"within {self.timeout:g} s"
            error = ModelTimeoutError(str(error) or f"no whole answer {limit}")
        failures.append((name, error))
        if (metrics := self.metric_group) is not None:
            metrics.get_sub_group("connection").get_sub_group(name).get_counter("fallbacks").inc()
        logger.warning("Connection %r failed with %s: %s", name, type(error).__name__, error)


def _none_answered(failures: Sequence[tuple[str, Exception]]) -> ModelError:
    told = "; ".join(f"{name!r}: {type(error).__name__}: {error}" for name, error in failures)
    last = failures[-1][1]
    passing = any(isinstance(e, (ModelUnavailableError, ModelTimeoutError)) for _, e in failures)
    kind = type(last) if isinstance(last, ModelError) and not passing else ModelUnavailableError
    failure = kind(f"None of {len(failures)} connections answered: {told}")
    failure.__cause__ = last
    return failure


__all__ = ["FallbackChatModelConnection", "FallbackTarget"]

"""HTTP sessions for the DashScope SDK, which repair what it leaves open.

The SDK's own session opens 100 connections at most, and shares cookies. A request whose connection
was lost is sent once more by the SDK, which is as it should be before the answer begins; but it
takes a time-out for that too, and sets none to the beginning of a stream. It loses the code and the
message of an error that comes with the status 200, and what a page that is no JSON says. It does
not end a stream that is no longer wanted, and it logs each failure although it raises it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast
from urllib.request import getproxies

import aiohttp
from dashscope.api_entities.aio_session import get_ssl_context

from flink_agents.integrations.timeouts import timeout

#: The longest line of a streamed answer is twice as long, in bytes.
_READ_BUFFER = 2**20
_STREAM = "text/event-stream"


class RefusedError(Exception):
    """The server did not answer with an answer.

    Attributes:
        status: The HTTP status.
        body: What it said.
    """

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.body = body


@dataclass(eq=False)
class Exchange:
    """One request and its answer.

    Attributes:
        timeout: Seconds until the answer has to begin, of a stream.
        streams: The answer is wanted in pieces.
    """

    timeout: float
    streams: bool
    _response: aiohttp.ClientResponse | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The SDK works on this exchange. Must not be open while a generator is suspended."""
        token = _EXCHANGE.set(self)
        try:
            yield
        finally:
            _EXCHANGE.reset(token)

    @property
    def is_answered(self) -> bool:
        """Whether the answer began."""
        return self._response is not None

    def close(self) -> None:
        """Give up what was not read yet."""
        if self._response is not None:
            self._response.close()


_EXCHANGE: ContextVar[Exchange | None] = ContextVar("_EXCHANGE", default=None)


class Client:
    """A pool of connections, to be used on one event loop and closed there.

    Args:
        max_connections: How many may be open at once; further calls wait for a slot.
    """

    def __init__(self, max_connections: int) -> None:
        # The SDK counts the time that a request waits for a connection as the server's. That for
        # a slot comes before.
        self.slots = asyncio.Semaphore(max_connections)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, ssl=get_ssl_context()),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_exchange,),
            read_bufsize=_READ_BUFFER,
            # It looks for proxies in a thread, for each request; most machines have none.
            trust_env=bool(getproxies()),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()


async def _exchange(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    exchange = _EXCHANGE.get()
    assert exchange is not None
    if exchange.streams:
        # The SDK sets no limit to the time until a stream begins.
        async with timeout(exchange.timeout):
            response = await handler(request)
    else:
        response = await handler(request)
    exchange._response = response  # pyright: ignore[reportPrivateUsage]
    if exchange.streams and response.status == 200 and response.content_type == _STREAM:
        return response
    try:
        body = await response.read()
    except aiohttp.ServerTimeoutError:
        raise asyncio.TimeoutError from None
    except aiohttp.ClientConnectionError as error:
        # Of this type the SDK would send the request again, although the answer began.
        raise aiohttp.ClientPayloadError(str(error)) from error
    if response.status != 200 or not _is_answer(body):
        raise RefusedError(response.status, body)
    return response


def _is_answer(body: bytes) -> bool:
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and isinstance(
        cast("dict[str, Any]", answer).get("output"), dict
    )


def _not_raised_anyway(record: logging.LogRecord) -> bool:
    return record.levelno < logging.ERROR or _EXCHANGE.get() is None


logging.getLogger("dashscope").addFilter(_not_raised_anyway)

__all__ = ["Client", "Exchange", "RefusedError"]

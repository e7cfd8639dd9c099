"""A server that begins to stream its answer and then falls silent, until the client goes away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#: Of an error whose text does not come.
ERROR_HEAD = b"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


@dataclass
class StallingServer:
    """What became of the clients.

    Attributes:
        url: ``http://127.0.0.1:<port>``.
        asked: How many requests came.
        left: How many of their clients went away.
    """

    url: str = ""
    asked: int = 0
    left: int = 0

    async def all_left(self) -> None:
        """Wait until no client is left."""
        while self.left < self.asked:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def stalling_server(
    beginning: bytes, head: bytes = _HEAD
) -> AsyncGenerator[StallingServer, None]:
    """Such a server, on the running loop.

    Args:
        beginning: The events that each answer begins with.
        head: Status and headers. Default those of a stream.
    """
    seen = StallingServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        seen.asked += 1
        writer.write(head + beginning)
        # A client that has not read all of it resets the connection.
        with contextlib.suppress(ConnectionError):
            await reader.read()  # the rest of the request, and on until the client goes away
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        seen.left += 1

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield seen
    finally:
        await asyncio.wait_for(seen.all_left(), 10)
        server.close()
        await server.wait_closed()

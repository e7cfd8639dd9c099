"""A model server that hangs, in the ways in which a server can, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class HangingServer:
    """One port for each way to hang; speaks OpenAI's chat completions where it does not.

    * ``well``: answers each question with ``answer to`` and the question.
    * ``silent``: takes the question and never answers.
    * ``half``: sends half of the headers, and no more.
    * ``deaf``: takes the connection, and reads nothing.
    * ``drip``: sends a header without end, a byte at a time.
    * ``late``: is silent the first time, and answers from the second time on.

    Attributes:
        urls: Base URL by way, ending in ``/v1``.
    """

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self._asked: Counter[str] = Counter()
        self._over = asyncio.Event()

    async def run(self, started: threading.Event) -> None:
        """Serve until :meth:`stop`."""
        ways: dict[str, Serve] = {
            "well": self._well,
            "silent": self._silent,
            "half": self._half,
            "deaf": self._deaf,
            "drip": self._drip,
            "late": self._late,
        }
        self._loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            for way, serve in ways.items():
                listening = socket.create_server(("127.0.0.1", 0), backlog=128)
                # So that a client soon notices that nobody reads.
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                server = await asyncio.start_server(self._guarded(serve), sock=listening)
                stack.callback(server.close)
                self.urls[way] = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
            started.set()
            await self._over.wait()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    def stop(self) -> None:
        """End it, from any thread."""
        self._loop.call_soon_threadsafe(self._over.set)

    def _guarded(self, serve: Serve) -> Serve:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
            ):
                await serve(reader, writer)
            writer.transport.abort()

        return handle

    async def _well(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _answer(writer, await _question(reader))

    async def _silent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def _half(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _question(reader)
        writer.write(_HEAD[: len(_HEAD) // 2])
        await reader.read()

    async def _deaf(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
        await self._over.wait()

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _question(reader)
        writer.write(_HEAD + b"X-Patience: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def _late(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            question = await _question(reader)
            self._asked[question] += 1
            if self._asked[question] == 1:
                await reader.read()
            _answer(writer, question)


async def _question(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    (length,) = (line for line in head.split("\r\n") if line.startswith("content-length:"))
    body = json.loads(await reader.readexactly(int(length.partition(":")[2])))
    return body["messages"][-1]["content"]


def _answer(writer: asyncio.StreamWriter, question: str) -> None:
    message = {"role": "assistant", "content": f"answer to {question}", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "m",
            "choices": [choice],
        }
    ).encode()
    writer.write(_HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


@contextmanager
def hanging_server() -> Iterator[HangingServer]:
    """Such a server, which ends with the block."""
    started = threading.Event()
    found: list[HangingServer] = []

    async def serve() -> None:
        found.append(HangingServer())
        await found[0].run(started)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="hanging", daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield found[0]
    finally:
        found[0].stop()
        thread.join(30)


__all__ = ["HangingServer", "hanging_server"]

"""A server on loopback that records requests, checks them and answers from a script.

It knows HTTP and its faults; what a request of a provider looks like is told by a module such as
``openai_protocol``, which also makes the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    """The JSON body; as bytes if it is none."""


@dataclass(frozen=True)
class Answer:
    """An ordinary HTTP answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @staticmethod
    def of(value: Any, status: int = 200, **headers: str) -> Answer:
        """A JSON value; header names are given with ``_`` for ``-``."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return Answer(json.dumps(value).encode(), status, named)


@dataclass(frozen=True)
class Streamed:
    """An answer in pieces, sent one by one."""

    pieces: Sequence[bytes]
    content_type: str = "text/event-stream"
    broken: bool = False
    """The connection closes without the end of the body."""
    silent: bool = False
    """Nothing comes after the pieces, until the server stops."""


@dataclass(frozen=True)
class HalfAnswer:
    """Half of the body that was promised, then the connection closes."""

    whole: Answer


@dataclass(frozen=True)
class Reset:
    """The connection is reset instead of an answer."""


@dataclass(frozen=True)
class Silence:
    """No answer until the server stops."""


@dataclass(frozen=True)
class Late:
    """A step that comes after some seconds."""

    step: Answer | Streamed
    seconds: float


Step = Answer | Streamed | HalfAnswer | Reset | Silence | Late
Check = Callable[[RecordedRequest], "Answer | None"]


class RecordedServer:
    """Answers from a script, in a thread of its own.

    Args:
        check: Tells the refusal of a bad request, or None for a good one.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._script: list[Step] = []
        self._always: Callable[[RecordedRequest], Step] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="recorded-server", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._port = 0
        self._in_flight = 0
        self.requests: list[RecordedRequest] = []
        self.refusals: list[str] = []
        self.max_in_flight = 0
        self.connections: set[object] = set()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def only_request(self) -> RecordedRequest:
        """The request, if there was exactly one."""
        (request,) = self.requests
        return request

    def script(self, *steps: Step) -> None:
        """Answer the next requests with these steps, one each."""
        self._script.extend(steps)

    def always(self, answer: Callable[[RecordedRequest], Step]) -> None:
        """Answer each request that the script has no step for by a function of it."""
        self._always = answer

    def __enter__(self) -> RecordedServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        # A connection that was just made is only then known to the runner, and closed with it.
        await asyncio.sleep(0.01)
        await runner.cleanup()
        for transport in self.connections:
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        await asyncio.sleep(0.01)  # in which they close

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self._in_flight)
        self.connections.add(request.transport)
        try:
            return await self._play(request, self._next_step(await _record(request)))
        except ConnectionResetError:
            return web.Response()  # the client has gone away meanwhile
        finally:
            self._in_flight -= 1

    def _next_step(self, recorded: RecordedRequest) -> Step:
        self.requests.append(recorded)
        refusal = self._check(recorded)
        if refusal is not None:
            self.refusals.append(refusal.body.decode())
            return refusal
        if self._script:
            return self._script.pop(0)
        if self._always is not None:
            return self._always(recorded)
        return Answer(b"the script has no answer for this request", status=418)

    async def _play(self, request: web.BaseRequest, step: Step) -> web.StreamResponse:
        # A moment in which the other requests arrive, so that max_in_flight sees them together.
        await asyncio.sleep(0.01)
        if isinstance(step, Late):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), step.seconds)
            step = step.step
        if isinstance(step, Answer):
            return _response(step)
        if isinstance(step, Streamed):
            return await _stream(request, step, self._stop)
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone away")
        if isinstance(step, Silence):
            await self._stop.wait()
        elif isinstance(step, Reset):
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        else:
            response = web.StreamResponse(headers={"Content-Type": step.whole.content_type})
            response.content_length = len(step.whole.body)
            await response.prepare(request)
            await response.write(step.whole.body[: len(step.whole.body) // 2])
        transport.close()
        return web.Response()


async def _stream(
    request: web.BaseRequest, step: Streamed, stop: asyncio.Event
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": step.content_type})
    await response.prepare(request)
    for piece in step.pieces:
        await response.write(piece)
        await asyncio.sleep(0.001)  # so that they arrive one by one
    if step.silent:
        await stop.wait()
    if step.broken or step.silent:
        if request.transport is not None:  # the client may have gone away during the silence
            request.transport.close()
    else:
        await response.write_eof()
    return response


async def _record(request: web.BaseRequest) -> RecordedRequest:
    body: Any = await request.read()
    with contextlib.suppress(ValueError):
        body = json.loads(body)
    return RecordedRequest(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers=request.headers,
        body=body,
    )


def _response(answer: Answer) -> web.Response:
    return web.Response(
        body=answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )

"""Every provider: an answer in pieces, and what may happen to it.

What comes in the pieces of one provider alone is in its ``test_*_streaming.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from flink_agents.exceptions import ModelError, ModelTimeoutError, ModelUnavailableError
from tests.providers.asking import HI, ask, ask_for_chunks
from tests.providers.every_provider import REPEATING, Provider, each_provider
from tests.providers.faults import assert_fails
from tests.providers.recorded_server import HalfAnswer, RecordedServer, Reset, Step, Streamed
from tests.providers.stalling_server import stalling_server


@each_provider()
def test_the_text_comes_in_pieces_and_the_message_last(
    provider: Provider, server: RecordedServer
) -> None:
    server.script(provider.streamed("Hello."), provider.text("Hello."))
    *pieces, last = ask_for_chunks(server, provider=provider.asked)
    assert [piece.content for piece in pieces] == ["Hell", "o."]
    assert all(piece.message is None for piece in pieces)
    assert last.message is not None
    assert last.message.extra_args == provider.told
    assert last.message == ask(server, provider=provider.asked)


FAULTS: dict[str, tuple[Callable[[Provider], Step], type[ModelError], str]] = {
    "nothing": (lambda p: replace(p.begun(), pieces=[]), ModelUnavailableError, "before it was"),
    "an end too early": (lambda p: p.begun(), ModelUnavailableError, "before it was complete"),
    "broken": (lambda p: replace(p.begun(), broken=True), ModelUnavailableError, "failed"),
    "silence": (lambda p: replace(p.begun(), silent=True), ModelTimeoutError, r"within 1 s"),
    "half a body": (lambda p: HalfAnswer(p.text("Hello.")), ModelUnavailableError, "failed"),
    "an error": (
        lambda p: replace(p.begun(), pieces=[*p.begun().pieces, p.failed_event]),
        ModelUnavailableError,
        "status 5(00|29)",
    ),
}


@each_provider()
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_stream_becomes_an_error_that_says_what_to_do(
    provider: Provider, server: RecordedServer, fault: str
) -> None:
    make, kind, told = FAULTS[fault]
    server.script(make(provider))
    said: list[str] = []

    async def run() -> None:
        patience = {provider.timeout: 1.0} if fault == "silence" else {}
        arguments = {**patience, **(provider.retries or {})}
        connection = provider.asked.connect(server, **arguments)
        try:
            model = provider.asked.set_up(connection)
            async for chunk in model.achat_stream(HI):
                said.append(chunk.content)
        finally:
            await connection.aclose()

    assert_fails(lambda: asyncio.run(run()), kind, told)
    assert said[:1] == ([] if fault in ("nothing", "half a body") else ["Hell"])
    # What was told already cannot be taken back, so it is not asked again.
    assert len(server.requests) == 1


@each_provider(REPEATING)
def test_a_stream_that_did_not_begin_is_asked_for_again(
    provider: Provider, server: RecordedServer
) -> None:
    server.script(provider.overloaded(429), Reset(), provider.streamed("Hello."))
    last = ask_for_chunks(server, provider=provider.asked, connection={"max_retries": 2})[-1]
    assert last.message is not None
    assert last.message.content == "Hello."


def begins(provider: Provider) -> tuple[bytes, bytes]:
    """How an answer begins, for a server that then falls silent: pieces, and head."""
    step: Streamed = provider.begun()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {step.content_type}\r\n\r\n"
    return b"".join(step.pieces), head.encode()


@each_provider()
def test_a_stream_that_nobody_wants_any_more_gives_its_connection_back(provider: Provider) -> None:
    async def run() -> None:
        async with stalling_server(*begins(provider)) as server:
            connection = provider.asked.connection(**provider.asked.arguments(server.url))
            connection.set_max_in_flight(1)
            for _ in range(3):
                stream: Any = connection.achat_stream(HI, **provider.call)
                async with aclosing(stream) as chunks:
                    assert (await anext(chunks)).content == "Hell"
                await server.all_left()
            assert server.asked == 3
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))


@each_provider()
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_a_call_can_be_cancelled_in_whatever_moment_its_answer_begins(
    provider: Provider, streams: bool
) -> None:
    async def run() -> None:
        async with stalling_server(*begins(provider)) as server:
            connection: Any = provider.asked.connection(**provider.asked.arguments(server.url))

            async def stream() -> None:
                async with aclosing(connection.achat_stream(HI, **provider.call)) as chunks:
                    async for _ in chunks:
                        pass

            for turns_of_the_loop in range(20):
                asking = stream() if streams else connection.achat(HI, **provider.call)
                call = asyncio.ensure_future(asking)
                before = server.asked
                while server.asked == before:
                    await asyncio.sleep(0)
                for _ in range(turns_of_the_loop):
                    await asyncio.sleep(0)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(call, 20)
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))


@each_provider()
def test_a_call_that_is_cancelled_gives_its_connection_back(provider: Provider) -> None:
    async def run() -> None:
        async with stalling_server(*begins(provider)) as server:
            connection = provider.asked.connection(**provider.asked.arguments(server.url))
            connection.set_max_in_flight(1)
            for calls in (1, 2):
                call = asyncio.create_task(connection.achat(HI, **provider.call))
                while server.asked < calls:
                    await asyncio.sleep(0.01)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                await server.all_left()
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))

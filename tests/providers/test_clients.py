"""Every provider: who shares a client, how many connections it opens, and when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.providers.asking import HI
from tests.providers.every_provider import BY_NAME, PROVIDERS, Provider, each_provider
from tests.providers.recorded_server import Late, RecordedServer, Reset, Silence


@pytest.fixture(autouse=True)
def _all_clients_are_closed_in_the_end(
    provider: Provider, server: RecordedServer
) -> Iterator[None]:
    server.always(lambda _: provider.text("Hello."))
    yield
    assert len(provider.clients) == 0


async def talk(connection: Any, provider: Provider, times: int = 1) -> None:
    for _ in range(times):
        assert (await connection.achat(HI, **provider.call)).content == "Hello."


@each_provider()
def test_equal_connections_share_a_client_and_the_last_one_closes_it(
    provider: Provider, server: RecordedServer
) -> None:
    async def run() -> None:
        first, second = provider.asked.connect(server), provider.asked.connect(server)
        await talk(first, provider, times=3)
        await talk(second, provider)
        assert len(provider.clients) == 1
        await first.aclose()
        await talk(second, provider)
        assert len(provider.clients) == 1
        await second.aclose()
        assert len(provider.clients) == 0

    asyncio.run(run())
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("provider", "other"),
    [
        *[(one, {one.timeout: 5.0}) for one in PROVIDERS if one is not BY_NAME["Tongyi"]],
        *[(one, {"api_key": "sk-other"}) for one in PROVIDERS if one.retries],
        *[(one, {"max_retries": 1}) for one in PROVIDERS if one.retries],
        *[(one, {"default_headers": {"X-Team": "blue"}}) for one in PROVIDERS if one.retries],
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else str(value),
)
def test_connections_that_differ_do_not_share(
    provider: Provider, server: RecordedServer, other: dict[str, Any]
) -> None:
    async def run() -> None:
        first, second = provider.asked.connect(server), provider.asked.connect(server, **other)
        await talk(first, provider)
        await talk(second, provider)
        assert len(provider.clients) == 2
        await first.aclose()
        await second.aclose()

    asyncio.run(run())


async def talk_at_once(
    server: RecordedServer,
    provider: Provider,
    calls: int,
    in_flight: int,
    scope: str = "",
    **arguments: Any,
) -> None:
    connection = provider.asked.connect(server, **arguments)
    connection.set_max_in_flight(in_flight, scope)
    await asyncio.gather(*(talk(connection, provider) for _ in range(calls)))
    await connection.aclose()


@each_provider()
def test_no_more_connections_are_opened_than_calls_may_be_in_flight(
    provider: Provider, server: RecordedServer
) -> None:
    asyncio.run(talk_at_once(server, provider, calls=60, in_flight=7))
    assert len(server.requests) == 60
    assert server.max_in_flight == 7
    assert len(server.connections) == 7


@each_provider()
def test_subtasks_of_one_process_have_connections_of_their_own(
    provider: Provider, server: RecordedServer
) -> None:
    async def run() -> None:
        subtasks = (talk_at_once(server, provider, 60, in_flight=7, scope=s) for s in "ab")
        await asyncio.gather(*subtasks)

    asyncio.run(run())
    assert server.max_in_flight == 14


@each_provider()
def test_to_wait_for_an_own_connection_does_not_count_as_time_out(
    provider: Provider, server: RecordedServer
) -> None:
    # Each call alone is far from the time-out; the last one waits for longer.
    server.always(lambda _: Late(provider.text("Hello."), seconds=0.3))
    short: dict[str, Any] = {provider.timeout: 2.0}
    asyncio.run(talk_at_once(server, provider, calls=10, in_flight=1, **short))
    assert len(server.requests) == 10


@each_provider()
def test_a_connection_that_failed_is_replaced(provider: Provider, server: RecordedServer) -> None:
    lost = [Reset()] * (1 if provider.retries else 1 + provider.repeats)
    server.script(*lost, Silence())

    async def run() -> None:
        connection = provider.asked.connect(server, **{provider.timeout: 1.0})
        connection.set_max_in_flight(1)
        for _ in range(2):
            with pytest.raises(Exception, match="model 'm'"):
                await talk(connection, provider)
        await talk(connection, provider, times=2)
        await connection.aclose()

    asyncio.run(run())
    assert len(server.connections) == len(lost) + 2


@each_provider()
def test_a_call_that_is_cancelled_makes_place_for_the_next(
    provider: Provider, server: RecordedServer
) -> None:
    server.script(Silence())

    async def run() -> None:
        connection = provider.asked.connect(server)
        connection.set_max_in_flight(1)
        call = asyncio.create_task(talk(connection, provider))
        while not server.requests:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await talk(connection, provider)
        await connection.aclose()

    asyncio.run(run())


@each_provider()
def test_the_time_out_of_a_streamed_answer_counts_from_piece_to_piece(
    provider: Provider, server: RecordedServer
) -> None:
    # 1,500 pieces, at least a millisecond apart.
    server.script(provider.streamed("four" * 1500))

    async def run() -> list[str]:
        connection = provider.asked.connect(server, **{provider.timeout: 1.0})
        chunks = [chunk async for chunk in connection.achat_stream(HI, **provider.call)]
        await connection.aclose()
        return [chunk.content for chunk in chunks]

    assert asyncio.run(run()) == ["four"] * 1500 + [""]


@each_provider()
def test_a_blocking_call_leaves_no_client_behind(
    provider: Provider, server: RecordedServer
) -> None:
    connection = provider.asked.connect(server)
    for _ in range(2):
        assert connection.chat(HI, **provider.call).content == "Hello."
        assert len(provider.clients) == 0


@each_provider()
def test_a_thousand_calls_are_in_flight_at_once(provider: Provider) -> None:
    calls, arrived = 1000, 0
    release = asyncio.Event()
    body = provider.text("Hello.").body
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == calls:
            release.set()
        await release.wait()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        await reader.read()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=calls)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = provider.asked.connection(**provider.asked.arguments(url))
        connection.set_max_in_flight(calls)
        await asyncio.gather(*(talk(connection, provider) for _ in range(calls)))
        await connection.aclose()
        server.close()
        await server.wait_closed()

    asyncio.run(run())
    assert arrived == calls

"""OpenAI: who shares a client, how many connections it opens, and when it is closed."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import Any

import pytest

from flink_agents.api.blocking import event_loop
from flink_agents.api.chat_message import ChatMessage
from flink_agents.integrations.chat_models.openai.openai_client import CLIENTS
from flink_agents.integrations.shared_clients import SharedClients, settings_key
from tests.providers.asking import OpenAIChatModelConnection, openai_connection
from tests.providers.openai_protocol import text
from tests.providers.recorded_server import RecordedServer

HI = [ChatMessage(content="Hi.")]


async def talk(connection: OpenAIChatModelConnection, times: int = 1) -> None:
    for _ in range(times):
        assert (await connection.achat(HI, model="m")).content == "Hello."


@pytest.fixture(autouse=True)
def all_clients_are_closed_in_the_end() -> Any:
    yield
    assert len(CLIENTS) == 0


@pytest.fixture
def server(openai_server: RecordedServer) -> RecordedServer:
    openai_server.always(lambda _: text())
    return openai_server


def test_a_reused_client_keeps_its_connection(server: RecordedServer) -> None:
    async def run() -> None:
        connection = openai_connection(server, reuse_client=True)
        await talk(connection, times=3)
        await connection.aclose()

    asyncio.run(run())
    assert len(server.connections) == 1


def test_a_client_that_is_not_reused_is_closed_after_each_call(server: RecordedServer) -> None:
    async def run() -> None:
        connection = openai_connection(server, reuse_client=False)
        await talk(connection, times=3)
        assert len(CLIENTS) == 0
        await connection.aclose()

    asyncio.run(run())
    assert len(server.connections) == 3


def test_a_job_that_restarts_in_the_same_process_gets_a_new_client(server: RecordedServer) -> None:
    async def attempt(connection: OpenAIChatModelConnection, close: bool) -> None:
        await talk(connection)
        assert len(CLIENTS) == 1
        if close:
            await connection.aclose()

    for _ in range(2):
        asyncio.run(attempt(openai_connection(server), close=True))
    assert len(server.connections) == 2


def test_a_client_of_a_loop_that_ended_without_closing_it_is_not_used_again(
    server: RecordedServer,
) -> None:
    connection, other = openai_connection(server), openai_connection(server)

    async def run() -> None:
        await talk(connection)
        await talk(other)
        assert len(CLIENTS) == 1

    async def run_and_close() -> None:
        await run()
        await connection.aclose()
        await other.aclose()

    with warnings.catch_warnings():
        # The sockets of the loop that nobody closed are closed by the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(run())
        asyncio.run(run_and_close())
        gc.collect()
    assert len(server.connections) == 2


def test_a_blocking_call_uses_the_client_of_the_runtimes_loop(server: RecordedServer) -> None:
    connection = openai_connection(server)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    token = event_loop.set(loop)
    try:
        connection.chat(HI, model="m")
        connection.chat(HI, model="m")
        assert len(CLIENTS) == 1
        asyncio.run_coroutine_threadsafe(connection.aclose(), loop).result()
    finally:
        event_loop.reset(token)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert len(server.connections) == 1


def test_loops_in_several_threads_have_clients_of_their_own(server: RecordedServer) -> None:
    connection = openai_connection(server)
    failures: list[BaseException] = []

    async def run() -> None:
        await talk(connection, times=3)
        await connection.aclose()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(server.connections) == 8


def test_a_key_tells_nothing_and_depends_on_everything() -> None:
    key = settings_key("sk-secret", {"a": 1, "b": 2})
    assert "secret" not in key
    assert key == settings_key("sk-secret", {"b": 2, "a": 1})
    assert key != settings_key("sk-secret", {"a": 1, "b": 3})


def test_a_client_is_closed_once() -> None:
    closed: list[object] = []

    async def close(client: object) -> None:
        closed.append(client)

    async def run() -> None:
        clients: SharedClients[object] = SharedClients(close)
        one, other = clients.user(), clients.user()
        assert one.get(lambda: "k", object) is one.get(lambda: "k", object)
        assert one.get(lambda: "k", object) is other.get(lambda: "k", object)
        await one.release()
        await one.release()
        assert closed == []
        await other.release()
        assert len(closed) == 1
        assert "object at" not in repr(clients)

    asyncio.run(run())

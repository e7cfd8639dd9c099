"""Tongyi: who shares connections, how many are opened, and when they are closed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelError, ModelOutputError
from flink_agents.integrations.chat_models.tongyi.dashscope_client import CLIENTS
from tests.providers.dashscope_protocol import TONGYI, overloaded, text
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
    RecordedServer,
    Reset,
    Silence,
    Step,
)

HI = [ChatMessage(content="Hi.")]


async def talk(connection: Any, times: int = 1) -> None:
    for _ in range(times):
        assert (await connection.achat(HI, model="qwen-plus")).content == "Hello."


@pytest.fixture(autouse=True)
def all_clients_are_closed_in_the_end() -> Any:
    yield
    assert len(CLIENTS) == 0


@pytest.fixture
def server(dashscope_server: RecordedServer) -> RecordedServer:
    dashscope_server.always(lambda _: text())
    return dashscope_server


def test_connections_share_a_client_but_no_key(server: RecordedServer) -> None:
    async def run() -> None:
        first, second = TONGYI.connect(server), TONGYI.connect(server, api_key="sk-other")
        await talk(first)
        await talk(second)
        assert len(CLIENTS) == 1
        await first.aclose()
        await talk(second)
        assert len(CLIENTS) == 1
        await second.aclose()

    asyncio.run(run())
    keys = [request.headers["Authorization"] for request in server.requests]
    assert keys == ["Bearer sk-dashscope-test", "Bearer sk-other", "Bearer sk-other"]
    assert len(server.connections) == 1


def test_no_more_connections_are_opened_than_calls_may_be_in_flight(
    server: RecordedServer,
) -> None:
    async def run() -> None:
        connection = TONGYI.connect(server)
        connection.set_max_in_flight(7)
        await asyncio.gather(*(talk(connection) for _ in range(60)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 60
    assert server.max_in_flight == 7
    assert len(server.connections) == 7


def test_to_wait_for_an_own_connection_does_not_count_as_time_out(server: RecordedServer) -> None:
    async def run() -> None:
        connection = TONGYI.connect(server, request_timeout=0.3)
        connection.set_max_in_flight(1)
        # The server takes 10 ms for each, so the last one waits for longer than the time-out.
        await asyncio.gather(*(talk(connection) for _ in range(60)))
        await connection.aclose()

    asyncio.run(run())
    assert len(server.requests) == 60


@pytest.mark.timeout(120)
def test_a_thousand_calls_are_in_flight_at_once() -> None:
    calls, arrived = 1000, 0
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == calls:
            release.set()
        await release.wait()
        body = text().body
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        await reader.read()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=calls)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = TONGYI.connection(**TONGYI.arguments(url))
        connection.set_max_in_flight(calls)
        await asyncio.gather(*(talk(connection) for _ in range(calls)))
        await connection.aclose()
        server.close()
        await server.wait_closed()

    asyncio.run(run())
    assert arrived == calls


def test_code_that_is_not_async_leaves_nothing_open(server: RecordedServer) -> None:
    connection = TONGYI.connect(server)
    assert connection.chat(HI, model="qwen-plus").content == "Hello."


REQUESTS, FAULTY = 200, 0.2


def test_with_a_fifth_of_faults_every_request_ends_in_an_answer_or_a_named_error(
    dashscope_server: RecordedServer,
) -> None:
    chance = random.Random(7)
    made: Counter[str] = Counter()
    calls: Counter[str] = Counter()

    def answer(request: RecordedRequest) -> Step:
        question = request.body["input"]["messages"][0]["content"]
        calls[question] += 1
        if chance.random() >= FAULTY:
            return text(f"answer to {question}")
        faults: dict[str, Step] = {
            "429": overloaded(429),
            "500": overloaded(500),
            "silence": Silence(),
            "reset": Reset(),
            "half": HalfAnswer(text()),
            "garbage": Answer(b'{"output": [{'),
        }
        fault = chance.choice(sorted(faults))
        made[fault] += 1
        return faults[fault]

    dashscope_server.always(answer)

    async def one(connection: Any, question: str) -> str | ModelError:
        try:
            asked = [ChatMessage(content=question)]
            return (await connection.achat(asked, model="qwen-plus")).content
        except ModelError as failure:
            return failure

    async def run() -> dict[str, str | ModelError]:
        connection = TONGYI.connect(dashscope_server, request_timeout=2)
        connection.set_max_in_flight(50)
        questions = [f"question {n}" for n in range(REQUESTS)]
        outcomes = await asyncio.gather(*(one(connection, q) for q in questions))
        await connection.aclose()
        return dict(zip(questions, outcomes, strict=True))

    outcomes = asyncio.run(run())
    answered = {q for q, outcome in outcomes.items() if outcome == f"answer to {q}"}
    failed = {q: outcome for q, outcome in outcomes.items() if isinstance(outcome, ModelError)}
    assert len(answered) + len(failed) == REQUESTS
    assert set(made) == {"429", "500", "silence", "reset", "half", "garbage"}
    assert max(calls.values()) <= 2
    garbage = [f for f in failed.values() if isinstance(f, ModelOutputError)]
    assert len(garbage) == made["garbage"]
    assert all(type(f) is not ModelError for f in failed.values())

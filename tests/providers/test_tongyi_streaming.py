"""Tongyi: an answer in pieces, and all that may happen to it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatChunk, ChatMessage, ImagePart
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from tests.providers import asking
from tests.providers.dashscope_protocol import (
    TONGYI,
    error_event,
    event,
    piece,
    streamed,
)
from tests.providers.faults import Fault, assert_fails, each_fault
from tests.providers.recorded_server import (
    Answer,
    RecordedServer,
    Step,
    Streamed,
)
from tests.providers.stalling_server import ERROR_HEAD, stalling_server
from tests.providers.trial import add

HI = [ChatMessage(content="Hi.")]
HEL, LO = {"content": "Hel"}, {"content": "lo."}


def ask_for_chunks(server: RecordedServer, **arguments: Any) -> list[ChatChunk]:
    return asking.ask_for_chunks(server, provider=TONGYI, **arguments)


def test_a_stream_is_asked_for_in_the_incremental_form(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(streamed(HEL, LO))
    ask_for_chunks(dashscope_server)
    sent = dashscope_server.only_request
    assert sent.headers["X-DashScope-SSE"] == "enable"
    assert sent.body["parameters"] == {
        "result_format": "message",
        "incremental_output": True,
        "temperature": 0.7,
    }


def test_reasoning_comes_in_pieces_if_it_is_asked_for(dashscope_server: RecordedServer) -> None:
    thought = [{"reasoning_content": "Six times "}, {"reasoning_content": "seven."}]
    dashscope_server.script(streamed(*thought, HEL, LO), streamed(*thought, HEL, LO))
    *pieces, last = ask_for_chunks(dashscope_server, setup={"extract_reasoning": True})
    assert [chunk.reasoning for chunk in pieces] == ["Six times ", "seven.", "", ""]
    assert last.message is not None
    assert last.message.extra_args["reasoning"] == "Six times seven."
    *pieces, last = ask_for_chunks(dashscope_server)
    assert [chunk.reasoning for chunk in pieces] == ["", ""]
    assert last.message is not None
    assert "reasoning" not in last.message.extra_args


def called(index: int, arguments: str, id: str = "", name: str = "") -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    call = {"index": index, "id": id, "type": "function", "function": function}
    return {"tool_calls": [call]}


def test_an_id_and_a_name_that_are_repeated_with_each_piece_count_once(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.script(
        streamed(
            called(0, '{"a"', id="call_1", name="add"),
            called(0, ": 1}", id="call_1", name="add"),
            finish_reason="tool_calls",
        )
    )
    last = ask_for_chunks(dashscope_server, tools=[add])[-1]
    assert last.message is not None
    (call,) = last.message.tool_calls
    assert call["original_id"] == "call_1"
    assert call["function"] == {"name": "add", "arguments": {"a": 1}}


def test_what_a_model_says_of_an_image_comes_in_pieces(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(
        streamed({"content": [{"text": "A "}]}, {"content": [{"text": "cat."}]}, {"content": []})
    )
    asked = ChatMessage(parts=[ImagePart(url="https://example.com/cat.png")])
    chunks = asking.ask_for_chunks(
        dashscope_server, asked, provider=TONGYI, setup={"model": "qwen-vl-max"}
    )
    assert [chunk.content for chunk in chunks] == ["A ", "cat.", ""]
    assert chunks[-1].message is not None
    assert chunks[-1].message.content == "A cat."


def test_a_very_long_piece_is_read(dashscope_server: RecordedServer) -> None:
    long = "x" * 1_500_000
    dashscope_server.script(streamed({"content": long}))
    assert ask_for_chunks(dashscope_server)[0].content == long


def stream_of(*pieces: bytes, **how: Any) -> Streamed:
    return Streamed(pieces, **how)


FAULTS: list[Fault] = [
    (
        "an error in the stream",
        stream_of(piece(HEL), error_event("InternalError.Algo", "Oh.")),
        ModelUnavailableError,
        "status 500, request id req_1: InternalError.Algo: Oh",
    ),
    (
        "too many requests",
        stream_of(error_event("Throttling.RateQuota", "Slower.")),
        ModelUnavailableError,
        "status 429.*max-in-flight",
    ),
    (
        "a refusal in the stream",
        stream_of(error_event("DataInspectionFailed", "Unsuitable.")),
        ModelRequestError,
        "status 400.*DataInspectionFailed: Unsuitable",
    ),
    ("bad JSON", stream_of(b'data:{"output": \n\n'), ModelOutputError, 'no JSON: {"output":'),
    ("no output", stream_of(b"data:{}\n\n"), ModelOutputError, "cannot read the answer"),
    ("an odd event", stream_of(b"data:[1]\n\n"), ModelOutputError, "cannot read the answer"),
    ("an odd choice", stream_of(event({"choices": [1]})), ModelOutputError, "cannot read"),
    (
        "an odd error",
        stream_of(b"event:error\ndata:{}\n\n"),
        ModelOutputError,
        "cannot read the answer",
    ),
    ("a page", Answer(b"<html>", content_type="text/html"), ModelOutputError, "<html>"),
]


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    dashscope_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    dashscope_server.always(lambda _: step)
    assert_fails(lambda: ask_for_chunks(dashscope_server), kind, told)


@pytest.mark.parametrize("thinks", [False, True])
def test_an_error_whose_text_does_not_come_ends_in_a_time_out(thinks: bool) -> None:
    async def run() -> None:
        async with stalling_server(b"", ERROR_HEAD) as server:
            arguments = {**TONGYI.arguments(server.url), "request_timeout": 0.3}
            connection = TONGYI.connection(**arguments)
            with pytest.raises(ModelTimeoutError):
                await connection.achat(HI, model="m", extract_reasoning=thinks)
            await connection.aclose()
            assert server.asked == 1

    asyncio.run(run())


def test_a_stream_that_nobody_wants_any_more_gives_its_connection_back() -> None:
    async def run() -> None:
        async with stalling_server(piece(HEL)) as server:
            connection: Any = TONGYI.connection(**TONGYI.arguments(server.url))
            connection.set_max_in_flight(1)
            for _ in range(3):
                async with aclosing(connection.achat_stream(HI, model="m")) as chunks:
                    assert (await anext(chunks)).content == "Hel"
                # Right now, not when the garbage collector gets to it.
                assert not connection._client().session.connector._acquired
                await server.all_left()
            assert server.asked == 3
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_call_that_is_cancelled_gives_its_connection_back() -> None:
    async def run() -> None:
        async with stalling_server(piece(HEL)) as server:
            connection = TONGYI.connection(**TONGYI.arguments(server.url))
            for thinks in (False, True):
                asking_now = asyncio.create_task(
                    connection.achat(HI, model="m", extract_reasoning=thinks)
                )
                while server.asked <= thinks:
                    await asyncio.sleep(0.01)
                asking_now.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking_now
                await server.all_left()
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))

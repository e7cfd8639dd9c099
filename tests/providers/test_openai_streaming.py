"""OpenAI: an answer in pieces, and all that may happen to it."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from tests.providers.asking import OPENAI, ask_for_chunks
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    SECRETS,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.openai_protocol import error, overloaded, streamed
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
    RecordedServer,
    Reset,
    Silence,
    Step,
    Streamed,
)
from tests.providers.stalling_server import stalling_server

HI = [ChatMessage(content="Hi.")]
HEL, LO = {"content": "Hel"}, {"content": "lo."}


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def event(value: Any) -> bytes:
    """One event of a stream."""
    return f"data: {json.dumps(value)}\n\n".encode()


def chunk(delta: Any, finish_reason: str | None = None) -> bytes:
    """The event of a piece of a message."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return event({"id": "chatcmpl-1", "choices": [choice]})


def test_the_text_comes_in_pieces_and_the_message_last(openai_server: RecordedServer) -> None:
    openai_server.script(streamed(HEL, LO))
    *pieces, last = ask_for_chunks(openai_server)
    assert [piece.content for piece in pieces] == ["Hel", "lo."]
    assert all(piece.message is None for piece in pieces)
    assert last.message is not None
    assert last.message.content == "Hello."
    assert last.message.extra_args == {
        "model_name": "gpt-test-0613",
        "promptTokens": 9,
        "completionTokens": 3,
        "finish_reason": "stop",
    }


def test_the_usage_is_asked_for(openai_server: RecordedServer) -> None:
    openai_server.script(streamed(HEL), streamed(HEL))
    ask_for_chunks(openai_server)
    sent = openai_server.only_request.body
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})
    ask_for_chunks(openai_server, stream_options={"include_usage": False})
    assert openai_server.requests[1].body["stream_options"] == {"include_usage": False}


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_comes_in_pieces(openai_server: RecordedServer, name: str) -> None:
    openai_server.script(streamed({name: "Six times "}, {name: "seven."}, {"content": "42"}))
    *pieces, last = ask_for_chunks(openai_server)
    assert [piece.reasoning for piece in pieces] == ["Six times ", "seven.", ""]
    assert [piece.content for piece in pieces] == ["", "", "42"]
    assert last.message is not None
    assert last.message.extra_args["reasoning"] == "Six times seven."


def called(index: int, arguments: str, **named: str) -> dict[str, Any]:
    call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
    if named:
        call |= {"id": named["id"], "type": "function"}
        call["function"]["name"] = named["name"]
    return {"tool_calls": [call]}


def test_tool_calls_in_pieces_are_put_together(openai_server: RecordedServer) -> None:
    openai_server.script(
        streamed(
            HEL,
            called(0, '{"a"', id="call_1", name="add"),
            called(0, ": 1}"),
            called(1, "", id="call_2", name="add"),
            called(1, '{"a": '),
            finish_reason="tool_calls",
        )
    )
    *pieces, last = ask_for_chunks(openai_server, tools=[add])
    assert [piece.content for piece in pieces] == ["Hel"]
    assert last.message is not None
    first, second = last.message.tool_calls
    assert (first["original_id"], second["original_id"]) == ("call_1", "call_2")
    assert first["function"] == {"name": "add", "arguments": {"a": 1}}
    assert second["function"] == {"name": "add", "arguments": '{"a": '}
    assert last.message.extra_args["finish_reason"] == "tool_calls"


def test_a_refusal_comes_with_the_message(openai_server: RecordedServer) -> None:
    openai_server.script(streamed({"refusal": "I must "}, {"refusal": "not."}))
    (last,) = ask_for_chunks(openai_server)
    assert last.message is not None
    assert last.message.extra_args["refusal"] == "I must not."


FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    (
        "an error in the stream",
        Streamed([chunk(HEL), event({"error": {"message": "Oh.", "code": None}})]),
        ModelUnavailableError,
        "status 500: Oh",
    ),
    (
        "a refusal in the stream",
        Streamed([event({"error": {"message": "Bad.", "code": 400}})]),
        ModelRequestError,
        "status 400: Bad",
    ),
    ("an end too early", Streamed([chunk(HEL)]), ModelUnavailableError, "before it was complete"),
    ("nothing", Streamed([]), ModelUnavailableError, "before it was complete"),
    ("half", streamed(HEL, broken=True), ModelUnavailableError, "the connection failed"),
    (
        "half an event",
        Streamed([chunk(HEL), b'data: {"choices'], broken=True),
        ModelUnavailableError,
        "the connection failed",
    ),
    ("bad JSON", Streamed([b'data: {"choices": \n\n']), ModelOutputError, "cannot read the answer"),
    ("an odd event", Streamed([event([1])]), ModelOutputError, "cannot read the answer"),
    ("an odd choice", Streamed([event({"choices": [1]})]), ModelOutputError, "expected form"),
    (
        "a call out of turn",
        Streamed([chunk(called(3, "{}", id="c", name="add"))]),
        ModelOutputError,
        "expected form",
    ),
    ("401", error(401, "Incorrect API key."), ModelRequestError, "OPENAI_API_KEY"),
    ("429", overloaded(429), ModelUnavailableError, "status 429"),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed"),
    ("half a body", HalfAnswer(Answer(chunk(HEL))), ModelUnavailableError, "the connection failed"),
]


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    openai_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    openai_server.script(step)
    with pytest.raises(kind, match=told) as caught:
        ask_for_chunks(openai_server, connection={"timeout": 0.3})
    assert type(caught.value) is kind
    assert len(openai_server.requests) == 1


def test_a_stream_that_did_not_begin_is_asked_for_again(openai_server: RecordedServer) -> None:
    openai_server.script(overloaded(429), Reset(), streamed(HEL, LO))
    last = ask_for_chunks(openai_server, connection={"max_retries": 2})[-1]
    assert last.message is not None
    assert last.message.content == "Hello."


def test_silence_in_the_middle_ends_in_a_time_out() -> None:
    async def run() -> tuple[list[str], str]:
        async with stalling_server(chunk(HEL)) as server:
            arguments = {"api_key": CANARY, "max_retries": 3, "timeout": 0.3}
            connection = OPENAI.connection(**{**OPENAI.arguments(server.url), **arguments})
            said: list[str] = []
            with pytest.raises(ModelTimeoutError) as caught:
                async for piece in connection.achat_stream(HI, model="m"):
                    said.append(piece.content)
            await connection.aclose()
            # What was told already cannot be taken back, so it is not asked again.
            assert server.asked == 1
            return said, str(caught.value)

    said, failure = asyncio.run(run())
    assert said == ["Hel"]
    assert "no answer within 0.3 s" in failure
    assert CANARY not in failure


def test_a_stream_that_nobody_wants_any_more_gives_its_connection_back() -> None:
    async def run() -> None:
        async with stalling_server(chunk(HEL)) as server:
            connection = OPENAI.connection(**OPENAI.arguments(server.url))
            connection.set_max_in_flight(1)
            for _ in range(3):
                async with aclosing(connection.achat_stream(HI, model="m")) as chunks:
                    assert (await anext(chunks)).content == "Hel"
                await server.all_left()
            assert server.asked == 3
            await connection.aclose()

    asyncio.run(asyncio.wait_for(run(), 20))


def _echo_as_event(request: RecordedRequest) -> Step:
    return Streamed([chunk(HEL), b"data: " + echo(request, 200).body + b"\n\n"])


@pytest.mark.parametrize("fault", [*FAULTS_WITH_SECRETS, "an error event", "400", "500"])
def test_no_fault_tells_a_secret(openai_server: RecordedServer, fault: str) -> None:
    if fault.isdigit():
        openai_server.always(lambda request: echo(request, int(fault)))
    else:
        openai_server.always({**FAULTS_WITH_SECRETS, "an error event": _echo_as_event}[fault])
    assert_fails_without_a_secret(lambda: ask_for_chunks(openai_server, connection=SECRETS))

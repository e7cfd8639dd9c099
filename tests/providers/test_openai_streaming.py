"""OpenAI: an answer in pieces, and all that may happen to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from tests.providers.asking import ask_for_chunks
from tests.providers.faults import (
    SECRETS,
    Fault,
    assert_fails,
    assert_fails_without_a_secret,
    each_fault,
    echo,
)
from tests.providers.openai_protocol import streamed
from tests.providers.recorded_server import (
    RecordedRequest,
    RecordedServer,
    Step,
    Streamed,
)

HI = [ChatMessage(content="Hi.")]
HEL, LO = {"content": "Hel"}, {"content": "lo."}


def event(value: Any) -> bytes:
    """One event of a stream."""
    return f"data: {json.dumps(value)}\n\n".encode()


def chunk(delta: Any, finish_reason: str | None = None) -> bytes:
    """The event of a piece of a message."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return event({"id": "chatcmpl-1", "choices": [choice]})


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


def test_a_refusal_comes_with_the_message(openai_server: RecordedServer) -> None:
    openai_server.script(streamed({"refusal": "I must "}, {"refusal": "not."}))
    (last,) = ask_for_chunks(openai_server)
    assert last.message is not None
    assert last.message.extra_args["refusal"] == "I must not."


FAULTS: list[Fault] = [
    (
        "a refusal in the stream",
        Streamed([event({"error": {"message": "Bad.", "code": 400}})]),
        ModelRequestError,
        "status 400: Bad",
    ),
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
]


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    openai_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    openai_server.script(step)
    assert_fails(lambda: ask_for_chunks(openai_server), kind, told)
    assert len(openai_server.requests) == 1


def _echo_as_event(request: RecordedRequest) -> Step:
    return Streamed([chunk(HEL), b"data: " + echo(request, 200).body + b"\n\n"])


def test_an_error_in_the_stream_tells_no_secret(openai_server: RecordedServer) -> None:
    openai_server.always(_echo_as_event)
    assert_fails_without_a_secret(lambda: ask_for_chunks(openai_server, connection=SECRETS))

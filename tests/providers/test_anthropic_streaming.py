"""Anthropic: answers in pieces."""

from __future__ import annotations

from typing import Any

import pytest

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from tests.providers import asking
from tests.providers.anthropic_protocol import (
    ANTHROPIC,
    answer,
    overloaded,
    problem,
    stream_of,
    streamed,
    whole,
)
from tests.providers.faults import (
    Fault,
    assert_fails,
    each_fault,
)
from tests.providers.recorded_server import Answer, RecordedServer, Step, Streamed


def ask_for_chunks(server: RecordedServer, **arguments: Any) -> list[ChatChunk]:
    return asking.ask_for_chunks(server, provider=ANTHROPIC, **arguments)


def add(a: int) -> int:
    """Add."""
    return a


THOUGHT = {"type": "thinking", "thinking": "Six times seven.", "signature": "c2lnbmVk"}
TEXT = {"type": "text", "text": "It is 42, \u00e4h."}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1, "t": "\u00e4"}}
CALL_2 = {"type": "tool_use", "id": "toolu_2", "name": "add", "input": ""}
SECRET = {"type": "redacted_thinking", "data": "AAAA"}


def test_pieces_make_up_the_text_and_come_before_the_whole(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(streamed(TEXT))
    *pieces, last = ask_for_chunks(anthropic_server)
    assert anthropic_server.only_request.body["stream"] is True
    assert len(pieces) > 2
    assert "".join(piece.content for piece in pieces) == TEXT["text"]
    assert all(piece.message is None for piece in pieces)
    assert last.message is not None
    assert last.message.content == TEXT["text"]
    assert last.message.extra_args == {
        "model_name": "claude-test-1",
        "promptTokens": 9,
        "completionTokens": 3,
        "finish_reason": "end_turn",
    }


@pytest.mark.parametrize(
    "blocks",
    [[TEXT], [THOUGHT, SECRET, TEXT, CALL], [CALL, TEXT], [THOUGHT, TEXT, THOUGHT, CALL], []],
)
def test_a_streamed_answer_is_the_same_message_as_a_whole_one(
    anthropic_server: RecordedServer, blocks: list[dict[str, Any]]
) -> None:
    anthropic_server.script(streamed(*blocks, stop_reason="tool_use"))
    in_pieces = ask_for_chunks(anthropic_server, tools=[add])[-1].message
    anthropic_server.script(answer(*blocks, stop_reason="tool_use"))
    at_once = asking.ask(anthropic_server, provider=ANTHROPIC, tools=[add])
    assert in_pieces is not None
    assert without_ids(in_pieces) == without_ids(at_once)


def without_ids(message: ChatMessage) -> dict[str, Any]:
    dumped = message.model_dump()
    for call in dumped["tool_calls"]:
        del call["id"]
    return dumped


def test_thinking_comes_in_pieces_of_its_own(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(streamed(THOUGHT, TEXT))
    chunks = ask_for_chunks(anthropic_server)
    assert "".join(chunk.reasoning for chunk in chunks) == THOUGHT["thinking"]
    assert "".join(chunk.content for chunk in chunks) == TEXT["text"]
    assert chunks[-1].message is not None
    assert chunks[-1].message.extra_args["reasoning_blocks"] == [THOUGHT]


@pytest.mark.parametrize("written", ['{"a": 1', "[1]", '{"a": NaN}'])
def test_malformed_arguments_stay_text_and_go_back_as_an_object(
    anthropic_server: RecordedServer, written: str
) -> None:
    anthropic_server.script(streamed(THOUGHT, {**CALL, "input": written}, CALL_2), streamed(TEXT))
    asked = ask_for_chunks(anthropic_server, tools=[add])[-1].message
    assert asked is not None
    first, second = asked.tool_calls
    assert first["function"]["arguments"] == written
    assert second["function"]["arguments"] == {}
    results = [
        ChatMessage.model_validate(
            {"role": "tool", "content": "?", "extra_args": {"external_id": call["original_id"]}}
        )
        for call in asked.tool_calls
    ]
    question = ChatMessage(content="?")
    asking.ask_for_chunks(
        anthropic_server, question, asked, *results, provider=ANTHROPIC, tools=[add]
    )
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert sent[:2] == [THOUGHT, {**CALL, "input": {"malformed_arguments": written}}]


def test_a_broken_call_after_a_later_thought_can_be_sent_back(
    anthropic_server: RecordedServer,
) -> None:
    blocks = [TEXT, THOUGHT, {**CALL, "input": '{"a": '}]
    anthropic_server.script(streamed(*blocks), streamed(TEXT))
    asked = ask_for_chunks(anthropic_server, tools=[add])[-1].message
    assert asked is not None
    result = {"role": "tool", "content": "?", "extra_args": {"external_id": "toolu_1"}}
    conversation = ChatMessage(content="?"), asked, ChatMessage.model_validate(result)
    asking.ask_for_chunks(anthropic_server, *conversation, provider=ANTHROPIC, tools=[add])
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert sent[-1] == {**CALL, "input": {"malformed_arguments": '{"a": '}}


def test_counts_and_refusal_of_the_end_are_told(anthropic_server: RecordedServer) -> None:
    details = {"type": "refusal", "category": None, "explanation": "I must not."}
    usage = {"output_tokens": 0, "cache_read_input_tokens": 7}
    end: dict[str, Any] = {"stop_reason": "refusal", "stop_details": details, "usage": usage}
    anthropic_server.script(streamed(TEXT, **end))
    last = ask_for_chunks(anthropic_server)[-1].message
    assert last is not None
    extra = last.extra_args
    assert (extra["promptTokens"], extra["completionTokens"]) == (9, 0)
    assert (extra["cache_read_input_tokens"], extra["refusal"]) == (7, "I must not.")


def test_citations_and_events_of_further_kinds_do_no_harm(
    anthropic_server: RecordedServer,
) -> None:
    citation = {"type": "citations_delta", "citation": {"type": "page_location"}}
    events = [
        {"type": "message_start", "message": whole(stop_reason=None)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "H"}},
        {"type": "content_block_delta", "index": 0, "delta": citation},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", "x": 1}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "i"}},
        {"type": "new_event"},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"input_tokens": None, "output_tokens": 2},
        },
        {"type": "message_delta", "delta": {}, "usage": None},
    ]
    anthropic_server.script(stream_of(events))
    chunks = ask_for_chunks(anthropic_server)
    assert [chunk.content for chunk in chunks] == ["H", "i", ""]
    assert chunks[-1].message is not None
    assert chunks[-1].message.content == "Hi"
    extra = chunks[-1].message.extra_args
    assert (extra["promptTokens"], extra["completionTokens"]) == (9, 2)


START = {"type": "message_start", "message": whole(stop_reason=None)}
FAULTS: list[Fault] = [
    ("overloaded", overloaded(529), ModelUnavailableError, "status 529"),
    ("broken off", streamed(TEXT, events=5), ModelUnavailableError, "connection failed"),
    (
        "overloaded in the middle",
        stream_of([START, problem("overloaded_error", "Busy.")]),
        ModelUnavailableError,
        "status 529, request id req_body: Busy",
    ),
    (
        "refused in the middle",
        stream_of([START, problem("invalid_request_error", "prompt is too long")]),
        ModelRequestError,
        "status 400, request id req_body: prompt is too long",
    ),
    (
        "an odd delta",
        stream_of([{"type": "content_block_delta", "index": 3, "delta": {}}]),
        ModelOutputError,
        "an event is not of the expected form",
    ),
    (
        "bad JSON",
        Streamed([b"event: message_start\ndata: {oops\n\n"]),
        ModelOutputError,
        "cannot read the answer",
    ),
    (
        "another kind of JSON",
        Streamed([b"event: message_start\ndata: [1]\n\n"]),
        ModelOutputError,
        "an event is no JSON object",
    ),
    ("no stream", Answer.of({"content": []}), ModelUnavailableError, "ended before"),
]


@each_fault(FAULTS)
def test_a_fault_of_a_stream_becomes_an_error_that_says_what_to_do(
    anthropic_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    anthropic_server.script(step)
    assert_fails(lambda: ask_for_chunks(anthropic_server), kind, told)

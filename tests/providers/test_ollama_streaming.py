"""Ollama: answers in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatChunk
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from flink_agents.integrations.chat_models.ollama.reasoning_tags import ReasoningTags
from tests.providers import asking
from tests.providers.faults import Fault, assert_fails, each_fault
from tests.providers.ollama_protocol import (
    OLLAMA,
    cannot_think,
    error,
    stream_of,
    streamed,
)
from tests.providers.recorded_server import (
    RecordedServer,
    Step,
    Streamed,
)
from tests.providers.trial import add


def ask_for_chunks(server: RecordedServer, **arguments: Any) -> list[ChatChunk]:
    return asking.ask_for_chunks(server, provider=OLLAMA, **arguments)


def test_the_text_comes_in_pieces_and_the_last_chunk_has_the_whole_message(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.script(
        streamed({"thinking": "Be "}, {"thinking": "kind."}, {"content": "Hel"}, {"content": "lo."})
    )
    *pieces, last = ask_for_chunks(ollama_recorded)
    assert ollama_recorded.only_request.body["stream"] is True
    assert [piece.reasoning for piece in pieces] == ["Be ", "kind.", "", ""]
    assert [piece.content for piece in pieces] == ["", "", "Hel", "lo."]
    assert all(piece.message is None for piece in pieces)
    assert last.message is not None
    assert last.message.content == "Hello."
    assert last.message.extra_args == {
        "reasoning": "Be kind.",
        "model_name": "tiny:latest",
        "promptTokens": 9,
        "completionTokens": 3,
        "finish_reason": "stop",
    }


def test_tool_calls_of_several_pieces_come_together_in_the_last(
    ollama_recorded: RecordedServer,
) -> None:
    calls = [{"id": f"c{a}", "function": {"name": "add", "arguments": {"a": a}}} for a in (1, 2)]
    ollama_recorded.script(streamed(*({"tool_calls": [call]} for call in calls)))
    (last,) = ask_for_chunks(ollama_recorded, tools=[add])
    assert last.message is not None
    assert [call["original_id"] for call in last.message.tool_calls] == ["c1", "c2"]
    assert last.message.tool_calls[1]["function"]["arguments"] == {"a": 2}


def test_a_line_ends_with_a_line_feed_and_nothing_else(ollama_recorded: RecordedServer) -> None:
    # U+0085 and U+2028 are ends of lines to Python, and no server has to escape them.
    end = {"message": {"content": "."}, "done": True}
    lines = [{"message": {"content": "a\u0085b\u2028c"}}, end]
    whole = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    pieces = [whole[:20], whole[20:31], whole[31:]]
    ollama_recorded.script(Streamed(pieces, content_type="application/x-ndjson"))
    assert "".join(c.content for c in ask_for_chunks(ollama_recorded)) == "a\u0085b\u2028c."


def test_logprobs_of_all_pieces_come_together(ollama_recorded: RecordedServer) -> None:
    lines = [
        {"message": {"content": token}, "logprobs": [{"token": token}], "done": token == "lo"}
        for token in ("Hel", "lo")
    ]
    ollama_recorded.script(stream_of(*lines))
    last = ask_for_chunks(ollama_recorded, logprobs=True)[-1].message
    assert last is not None
    assert last.extra_args["logprobs"] == [{"token": "Hel"}, {"token": "lo"}]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_reasoning_in_tags_is_told_apart_while_it_comes(
    ollama_recorded: RecordedServer, size: int
) -> None:
    whole = "a < b<Think>Six <i>times</i> seven.</think>42 </think <"
    pieces = [{"content": whole[n : n + size]} for n in range(0, len(whole), size)]
    ollama_recorded.script(streamed(*pieces))
    *chunks, last = ask_for_chunks(ollama_recorded)
    assert "".join(chunk.reasoning for chunk in chunks) == "Six <i>times</i> seven."
    assert last.message is not None
    assert "".join(chunk.content for chunk in chunks) == last.message.content
    assert last.message.content == "a < b42 </think <"
    assert last.message.extra_args["reasoning"] == "Six <i>times</i> seven."


def test_tags_stay_where_reasoning_is_not_extracted(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(streamed({"thinking": "No."}, {"content": "<think>6</think>42"}))
    first, last = ask_for_chunks(ollama_recorded, setup={"extract_reasoning": False})
    assert (first.content, first.reasoning) == ("<think>6</think>42", "")
    assert last.message is not None
    assert last.message.content == "<think>6</think>42"


def test_a_text_that_may_become_a_tag_is_held_back_until_that_is_clear() -> None:
    tags = ReasoningTags()
    assert tags.add("a <th") == ("a ", "")
    assert tags.add("e") == ("<the", "")
    assert tags.add("<think>b</thi") == ("", "b")
    assert tags.end() == ("", "</thi")


def test_a_model_that_cannot_think_is_asked_again_without(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(cannot_think(), streamed({"content": "Hi."}))
    first, _ = ask_for_chunks(ollama_recorded)
    assert first.content == "Hi."
    assert "think" not in ollama_recorded.requests[1].body
    ollama_recorded.script(cannot_think())
    with pytest.raises(ModelRequestError, match="does not support thinking"):
        ask_for_chunks(ollama_recorded, setup={"think": True})


PIECE = {"message": {"content": "Hel"}, "done": False}

FAULTS: list[Fault] = [
    ("404", error(404, "model 'tiny' not found"), ModelRequestError, "ollama pull tiny"),
    ("503", error(503, "busy"), ModelUnavailableError, "status 503: busy"),
    (
        "an error inside",
        stream_of(PIECE, {"error": "model runner has stopped"}),
        ModelUnavailableError,
        "status 500: model runner has stopped",
    ),
    (
        "a refusal inside",
        stream_of(PIECE, {"error": "too long", "status": 400}),
        ModelRequestError,
        "status 400: too long",
    ),
    ("no JSON", Streamed([b'{"message": \n']), ModelOutputError, "cannot read the answer"),
    ("no object", stream_of([1]), ModelOutputError, "no JSON object"),
    ("an odd piece", stream_of({"message": 5}), ModelOutputError, "expected form"),
    ("odd content", stream_of({"message": {"content": 5}}), ModelOutputError, "expected form"),
    (
        "odd calls",
        stream_of({"message": {"tool_calls": [1]}, "done": True}),
        ModelOutputError,
        "cannot read the answer",
    ),
]


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    ollama_recorded: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    ollama_recorded.script(step)
    assert_fails(lambda: ask_for_chunks(ollama_recorded), kind, told)

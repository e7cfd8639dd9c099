"""Ollama: messages in both directions."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.ollama.ollama_messages import (
    convert_from_ollama_message,
    convert_to_ollama_messages,
)
from tests.providers import asking
from tests.providers.ollama_protocol import OLLAMA, answer, text, thinking, tool_calls
from tests.providers.recorded_server import RecordedServer
from tests.providers.trial import add


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=OLLAMA, **arguments)


@pytest.mark.parametrize("count", [0, None])
def test_a_count_of_zero_or_one_that_is_left_out_is_zero(
    ollama_recorded: RecordedServer, count: int | None
) -> None:
    message = {"role": "assistant", "content": ""}
    ollama_recorded.script(answer(message, prompt_eval_count=count, eval_count=count))
    extra = ask(ollama_recorded).extra_args
    assert (extra["promptTokens"], extra["completionTokens"]) == (0, 0)


@pytest.mark.parametrize("tag", ["think", "thinking", "analysis", "reasoning", "THINK"])
def test_reasoning_in_tags_goes_to_the_extra_args(
    ollama_recorded: RecordedServer, tag: str
) -> None:
    ollama_recorded.script(text(f"<{tag}>\nSix times seven.\n</{tag}>\n\n42"))
    answer = ask(ollama_recorded)
    assert (answer.content, answer.extra_args["reasoning"]) == ("42", "Six times seven.")


def test_reasoning_in_its_field_goes_to_the_extra_args(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(thinking("Six times seven.\n", "42"))
    answer = ask(ollama_recorded)
    assert (answer.content, answer.extra_args["reasoning"]) == ("42", "Six times seven.")


def test_logprobs_come_back(ollama_recorded: RecordedServer) -> None:
    logprobs = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}]
    ollama_recorded.script(answer({"role": "assistant", "content": "Hi"}, logprobs=logprobs))
    extra = ask(ollama_recorded, setup={"additional_kwargs": {"logprobs": True}}).extra_args
    assert extra["logprobs"] == logprobs


def test_parallel_tool_calls_have_the_common_form(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(tool_calls(("call_1", "add", {"a": 1}), (None, "invented", {})))
    first, second = ask(ollama_recorded, tools=[add]).tool_calls
    assert first["type"] == "function"
    assert first["function"] == {"name": "add", "arguments": {"a": 1}}
    assert (first["original_id"], second["original_id"]) == ("call_1", None)
    assert second["function"] == {"name": "invented", "arguments": {}}
    assert len({first["id"], second["id"], "call_1"}) == 3


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        (None, {}),
        ("", {}),
        ('{"a": ', '{"a": '),
        ("[1]", "[1]"),
        ([1], "[1]"),
        (5, "5"),
    ],
)
def test_arguments_that_are_no_object_stay_the_text_they_are(
    ollama_recorded: RecordedServer, given: Any, read: Any
) -> None:
    ollama_recorded.script(tool_calls(("call_1", "add", given)))
    (call,) = ask(ollama_recorded, tools=[add]).tool_calls
    assert call["function"]["arguments"] == read


@pytest.mark.parametrize("arguments", [{"a": 1, "b": "\u00e4"}, '{"a": '])
def test_a_tool_round_is_sent_back_whole(ollama_recorded: RecordedServer, arguments: Any) -> None:
    asked = tool_calls(
        ("call_1", "add", arguments), (None, "multiply", {"a": 2}), thinking="Add first."
    )
    ollama_recorded.script(asked, text())
    question = ChatMessage(content="1 + 2?", extra_args={"customer": "secret"})
    asking_for = ask(ollama_recorded, question, tools=[add])
    first = {"external_id": "call_1", "tool_name": "add"}
    results = [
        ChatMessage(role=MessageRole.TOOL, content="3", extra_args=first),
        ChatMessage(role=MessageRole.TOOL, content="4", extra_args={"tool_name": "multiply"}),
    ]
    ask(ollama_recorded, question, asking_for, *results, tools=[add])
    assert ollama_recorded.refusals == []
    read = arguments if isinstance(arguments, dict) else {"malformed_arguments": arguments}
    assert ollama_recorded.requests[1].body["messages"] == [
        {"role": "user", "content": "1 + 2?"},
        {
            "role": "assistant",
            "content": "",
            "thinking": "Add first.",
            "tool_calls": [
                {"id": "call_1", "function": {"name": "add", "arguments": read}},
                {"function": {"name": "multiply", "arguments": {"a": 2}}},
            ],
        },
        {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": "call_1"},
        {"role": "tool", "content": "4", "tool_name": "multiply"},
    ]


@pytest.mark.parametrize("key", ["external_id", "externalId"])
def test_a_result_without_the_name_of_its_tool_gets_it_from_the_call(key: str) -> None:
    call = {"id": "call_1", "function": {"name": "add", "arguments": {}}}
    asking_for = convert_from_ollama_message({"content": "", "tool_calls": [call]})
    result = ChatMessage(role=MessageRole.TOOL, content="3", extra_args={key: "call_1"})
    assert convert_to_ollama_messages([asking_for, result])[1]["tool_name"] == "add"


def test_thoughts_that_are_not_to_be_shown_are_sent_back_with_their_calls(
    ollama_recorded: RecordedServer,
) -> None:
    asked = tool_calls(("call_1", "add", {"a": 1}), thinking="Add first.")
    ollama_recorded.script(asked, text(), thinking("Hello?"))
    silent = {"extract_reasoning": False}
    question = ChatMessage(content="1 + 2?")
    calling = ask(ollama_recorded, question, tools=[add], setup=silent)
    assert "reasoning" not in calling.extra_args
    args = {"external_id": "call_1", "tool_name": "add"}
    result = ChatMessage(role=MessageRole.TOOL, content="3", extra_args=args)
    ask(ollama_recorded, question, calling, result, tools=[add], setup=silent)
    assert ollama_recorded.requests[1].body["messages"][1]["thinking"] == "Add first."
    assert "thinking" not in ask(ollama_recorded, setup=silent).extra_args


def test_reasoning_of_an_answer_without_calls_is_not_sent_back() -> None:
    answered = convert_from_ollama_message({"content": "42", "thinking": "Six times seven."})
    assert convert_to_ollama_messages([answered]) == [{"role": "assistant", "content": "42"}]


def test_plain_messages_survive_the_round_trip() -> None:
    for role in ("system", "user", "assistant"):
        message = ChatMessage(role=MessageRole(role), content="\u00e4 {x} \U0001f600")
        assert convert_to_ollama_messages([message]) == [{"role": role, "content": message.content}]


def test_images_are_sent_by_their_bytes(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(text())
    image = ImagePart(data=b"\x89PNG", media_type="image/png")
    ask(ollama_recorded, ChatMessage(content="What?", parts=[image, TextPart(text="Look.")]))
    assert ollama_recorded.only_request.body["messages"] == [
        {
            "role": "user",
            "content": "What?\nLook.",
            "images": [base64.b64encode(b"\x89PNG").decode()],
        }
    ]


def test_an_image_by_its_address_is_refused_with_the_reason(
    ollama_recorded: RecordedServer,
) -> None:
    image = ImagePart(url="https://example.org/cat.png")
    with pytest.raises(ModelRequestError, match="this provider needs its bytes"):
        ask(ollama_recorded, ChatMessage(content="What?", parts=[image]))
    assert ollama_recorded.requests == []

"""Anthropic: messages in both directions."""

from __future__ import annotations

from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic.anthropic_answer import (
    convert_from_anthropic_message,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_chat_model import (
    convert_to_anthropic_message,
    convert_to_anthropic_messages,
    convert_to_anthropic_system_prompts,
)
from tests.providers import asking
from tests.providers.anthropic_protocol import (
    ANTHROPIC,
    answer,
    text,
    thinking,
    tool_calls,
    whole,
)
from tests.providers.recorded_server import RecordedServer
from tests.providers.trial import add


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=ANTHROPIC, **arguments)


def said(role: str, content: str = "", **more: Any) -> ChatMessage:
    return ChatMessage(role=MessageRole(role), content=content, **more)


def results_of(asking: ChatMessage) -> list[ChatMessage]:
    """The results of a round, 0, 1 and so on, with both spellings of the id."""
    return [
        said("tool", str(n), extra_args={name: call["original_id"], "tool_name": "add"})
        for n, call, name in zip(
            range(2), asking.tool_calls, ["external_id", "externalId"], strict=False
        )
    ]


TEXT = {"type": "text", "text": "Wait."}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
CALL_2 = {"type": "tool_use", "id": "toolu_2", "name": "add", "input": {}}
SECRET = {"type": "redacted_thinking", "data": "AAAA"}


def test_zero_tokens_are_a_usage_too_and_so_are_those_of_the_cache(
    anthropic_server: RecordedServer,
) -> None:
    usage = {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 50,
    }
    anthropic_server.script(answer(usage=usage))
    extra = ask(anthropic_server).extra_args
    assert (extra["promptTokens"], extra["completionTokens"]) == (0, 0)
    assert (extra["cache_creation_input_tokens"], extra["cache_read_input_tokens"]) == (0, 50)


@pytest.mark.parametrize("blocks", [[TEXT, CALL, CALL_2], [CALL, TEXT, CALL_2], [CALL, CALL_2]])
def test_all_blocks_of_an_answer_are_read(
    anthropic_server: RecordedServer, blocks: list[dict[str, Any]]
) -> None:
    anthropic_server.script(answer(*blocks, stop_reason="tool_use"))
    read = ask(anthropic_server, tools=[add])
    first, second = read.tool_calls
    assert read.content == ("Wait." if TEXT in blocks else "")
    assert first.pop("id") != second.pop("id")
    assert first == {
        "type": "function",
        "function": {"name": "add", "arguments": {"a": 1}},
        "original_id": "toolu_1",
    }
    assert second["function"] == {"name": "add", "arguments": {}}
    assert read.extra_args["finish_reason"] == "tool_use"


def test_several_texts_are_one(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(answer(TEXT, {"type": "text", "text": " 42"}))
    assert ask(anthropic_server).content == "Wait. 42"


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"type": "refusal", "category": "bio", "explanation": "I must not."}, "I must not."),
        ({"type": "refusal", "category": "bio", "explanation": None}, "bio"),
        (None, "The model refused without an explanation."),
    ],
)
def test_a_refusal_goes_to_the_extra_args(
    anthropic_server: RecordedServer, details: Any, told: str
) -> None:
    anthropic_server.script(answer(stop_reason="refusal", stop_details=details))
    read = ask(anthropic_server)
    assert read.content == ""
    assert (read.extra_args["finish_reason"], read.extra_args["refusal"]) == ("refusal", told)


def test_the_stop_sequence_is_told(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text(stop_reason="stop_sequence", stop_sequence="END"))
    setup = {"additional_kwargs": {"stop_sequences": ["END"]}}
    assert ask(anthropic_server, setup=setup).extra_args["stop_sequence"] == "END"


def test_a_tool_round_is_sent_back_whole(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(
        tool_calls(("toolu_1", "add", {"a": 1}), ("toolu_2", "add", {}), content="Wait."), text()
    )
    question = said("user", "1 + 2?", extra_args={"customer": "secret"})
    asking = ask(anthropic_server, question, tools=[add])
    ask(anthropic_server, question, asking, *results_of(asking), tools=[add])
    assert anthropic_server.refusals == []
    user, assistant, results = anthropic_server.requests[1].body["messages"]
    assert user == {"role": "user", "content": "1 + 2?"}
    assert assistant == {"role": "assistant", "content": [TEXT, CALL, CALL_2]}
    assert results == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "0"},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": "1"},
        ],
    }


def test_thinking_is_told_and_sent_back_unchanged(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(thinking("Hm.", SECRET, TEXT, CALL, stop_reason="tool_use"), text())
    setup = {"max_tokens": 2048, "additional_kwargs": {"thinking": {"type": "adaptive"}}}
    asking = ask(anthropic_server, tools=[add], setup=setup)
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"}
    assert (asking.content, asking.extra_args["reasoning"]) == ("Wait.", "Hm.")
    assert asking.extra_args["reasoning_blocks"] == [thought, SECRET]
    # As it comes back from a journal.
    asking = ChatMessage.model_validate_json(asking.model_dump_json())
    ask(anthropic_server, said("user", "?"), asking, *results_of(asking), tools=[add], setup=setup)
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert sent == [thought, SECRET, TEXT, CALL]


def test_thinking_that_is_not_shown_is_sent_back_too(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(thinking("", CALL, stop_reason="tool_use"), text())
    asking = ask(anthropic_server, tools=[add])
    assert "reasoning" not in asking.extra_args
    ask(anthropic_server, said("user", "?"), asking, *results_of(asking), tools=[add])
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["thinking", "tool_use"]


def test_thoughts_between_other_blocks_keep_their_place(anthropic_server: RecordedServer) -> None:
    later = {"type": "thinking", "thinking": "Aha.", "signature": "eA=="}
    blocks = [TEXT, later, CALL]
    anthropic_server.script(thinking("Hm.", *blocks, stop_reason="tool_use"), text(), text())
    asking = ask(anthropic_server, tools=[add])
    assert asking.extra_args["reasoning"] == "Hm.\nAha."
    ask(anthropic_server, said("user", "?"), asking, *results_of(asking), tools=[add])
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert sent[1:] == blocks
    changed = asking.model_copy(update={"content": "Changed."})
    ask(anthropic_server, said("user", "?"), changed, *results_of(asking), tools=[add])
    sent = anthropic_server.requests[2].body["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["thinking", "thinking", "text", "tool_use"]


def test_blocks_of_the_servers_own_tools_are_sent_back(anthropic_server: RecordedServer) -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    anthropic_server.script(answer(search, found, TEXT, stop_reason="pause_turn"), text())
    paused = ask(anthropic_server)
    assert (paused.content, paused.tool_calls) == ("Wait.", [])
    ask(anthropic_server, said("user", "?"), paused)
    assert anthropic_server.requests[1].body["messages"][1]["content"] == [search, found, TEXT]


THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "eA=="}


def test_thinking_without_an_answer_is_not_sent_back(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(answer(THOUGHT, stop_reason="max_tokens"), text())
    cut = ask(anthropic_server)
    ask(anthropic_server, said("user", "?"), cut, said("user", "Go on."))
    assert anthropic_server.refusals == []
    (only,) = anthropic_server.requests[1].body["messages"]
    assert [block["text"] for block in only["content"]] == ["?", "Go on."]


def test_of_an_answer_that_was_cut_only_what_the_api_takes_is_sent_back(
    anthropic_server: RecordedServer,
) -> None:
    empty = {"type": "text", "text": "\n\n"}
    cut = [THOUGHT, empty, THOUGHT, TEXT, THOUGHT, SECRET]
    anthropic_server.script(answer(*cut, stop_reason="max_tokens"), text())
    read = ask(anthropic_server)
    ask(anthropic_server, said("user", "?"), read, said("user", "Go on."))
    assert anthropic_server.refusals == []
    sent = anthropic_server.requests[1].body["messages"][1]["content"]
    assert sent == [THOUGHT, THOUGHT, TEXT]


def test_system_messages_are_lifted_wherever_they_stand(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    ask(
        anthropic_server,
        said("system", "Be kind."),
        said("user", "?"),
        said("system", "Be brief."),
        said("system", " "),
    )
    sent = anthropic_server.only_request.body
    assert [block["text"] for block in sent["system"]] == ["Be kind.", "Be brief."]
    assert sent["messages"] == [{"role": "user", "content": "?"}]


def test_a_conversation_of_system_messages_alone_is_said_by_the_user(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, said("system", "Name a city."))
    sent = anthropic_server.only_request.body
    assert "system" not in sent
    assert sent["messages"][0]["content"] == [{"type": "text", "text": "Name a city."}]


def test_messages_of_one_role_in_a_row_become_one(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    ask(
        anthropic_server,
        said("user", "One."),
        said("user", "Two."),
        said("assistant", "Three."),
        said("assistant", "Four."),
        said("user", "Five."),
    )
    first, second, third = anthropic_server.only_request.body["messages"]
    assert [block["text"] for block in first["content"]] == ["One.", "Two."]
    assert [block["text"] for block in second["content"]] == ["Three.", "Four."]
    assert third == {"role": "user", "content": "Five."}


def test_results_come_before_what_the_user_says_with_them(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(tool_calls(("toolu_1", "add", {"a": 1})), text())
    asking = ask(anthropic_server, tools=[add])
    ask(
        anthropic_server,
        said("user", "?"),
        asking,
        said("user", "Quick!"),
        *results_of(asking),
        tools=[add],
    )
    sent = anthropic_server.requests[1].body["messages"][2]["content"]
    assert [block["type"] for block in sent] == ["tool_result", "text"]


@pytest.mark.parametrize("empty", ["", " \n"])
def test_empty_messages_are_left_out(anthropic_server: RecordedServer, empty: str) -> None:
    anthropic_server.script(text())
    ask(
        anthropic_server,
        said("user", "Hi."),
        said("assistant", empty),
        said("user", empty, parts=[TextPart(text="There?"), TextPart(text=empty)]),
        said("system", empty),
    )
    (only,) = anthropic_server.only_request.body["messages"]
    assert [block["text"] for block in only["content"]] == ["Hi.", "There?"]


def test_a_conversation_without_content_is_refused(anthropic_server: RecordedServer) -> None:
    with pytest.raises(ModelRequestError, match="no message has any content"):
        ask(anthropic_server, said("user", " "))
    assert anthropic_server.requests == []


def test_an_answer_that_is_begun_ends_without_space(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, said("user", "?"), said("assistant", "It is \n"))
    assert anthropic_server.only_request.body["messages"][1]["content"] == "It is"


def test_images_are_sent_by_their_address_or_their_bytes(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    images = [
        ImagePart(url="https://example.com/a.png"),
        TextPart(text="and"),
        ImagePart(data=b"\x89PNG", media_type="image/png"),
    ]
    ask(anthropic_server, said("user", "Compare", parts=images))
    assert anthropic_server.only_request.body["messages"][0]["content"] == [
        {"type": "text", "text": "Compare"},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "text", "text": "and"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="},
        },
    ]


def test_an_image_of_the_system_is_refused() -> None:
    message = said("system", parts=[ImagePart(url="https://example.com/a.png")])
    with pytest.raises(ValueError, match="a system message has an image"):
        convert_to_anthropic_system_prompts([message])


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "no such file", "extra_args": {"is_error": True}}, {"is_error": True}),
        ({"content": " "}, {"content": None}),
        (
            {"content": "See", "parts": [ImagePart(url="https://x.y/z")]},
            {
                "content": [
                    {"type": "text", "text": "See"},
                    {"type": "image", "source": {"type": "url", "url": "https://x.y/z"}},
                ]
            },
        ),
    ],
)
def test_a_result_may_be_an_error_empty_or_an_image(
    message: dict[str, Any], expected: dict[str, Any]
) -> None:
    extra = {"external_id": "toolu_1", **message.pop("extra_args", {})}
    sent = convert_to_anthropic_message(said("tool", **message, extra_args=extra))
    (block,) = sent["content"]
    assert {name: block.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"a": 1', {"malformed_arguments": '{"a": 1'}),
        ("[1]", {"malformed_arguments": "[1]"}),
        ([1], {"malformed_arguments": "[1]"}),
        (None, {}),
    ],
)
def test_arguments_that_are_no_object_are_sent_as_one(
    arguments: Any, expected: dict[str, Any]
) -> None:
    call = {"id": "1", "function": {"name": "add", "arguments": arguments}}
    sent = convert_to_anthropic_message(said("assistant", tool_calls=[call]))
    assert sent["content"][0]["input"] == expected


def test_ids_of_other_providers_are_made_fit_on_both_sides() -> None:
    call = {"id": "1", "function": {"name": "add", "arguments": {}}, "original_id": "call:1/x"}
    messages = [
        said("assistant", tool_calls=[call]),
        said("tool", "3", extra_args={"external_id": "call:1/x"}),
    ]
    sent = convert_to_anthropic_messages(messages)
    assert sent[0]["content"][0]["id"] == sent[1]["content"][0]["tool_use_id"] == "call_1_x"


def test_a_call_without_an_id_of_the_provider_can_be_answered() -> None:
    asking = convert_from_anthropic_message(whole({**CALL, "id": None}), "m")
    own_id = asking.tool_calls[0]["id"]
    sent = convert_to_anthropic_messages([asking, said("tool", extra_args={"external_id": own_id})])
    assert sent[0]["content"][0]["id"] == sent[1]["content"][0]["tool_use_id"] == own_id


def test_plain_messages_survive_the_round_trip() -> None:
    for role in ("user", "assistant"):
        message = said(role, "\u00e4 {x} \U0001f600", extra_args={"customer": "secret"})
        sent = convert_to_anthropic_message(message)
        assert sent == {"role": role, "content": message.content}


def test_a_system_message_is_no_request_message() -> None:
    with pytest.raises(ValueError, match="convert_to_anthropic_system_prompts"):
        convert_to_anthropic_message(said("system", "Be brief."))

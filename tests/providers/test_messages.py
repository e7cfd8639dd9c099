"""Every provider: what its messages have in common, in both directions.

Those of Anthropic and Ollama have forms of their own: see ``test_*_messages.py``.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.exceptions import ModelRequestError
from tests.providers import dashscope_protocol, openai_protocol
from tests.providers.asking import ask, ask_for_chunks
from tests.providers.every_provider import BY_NAME, PROVIDERS, Provider, each_provider
from tests.providers.recorded_server import RecordedServer
from tests.providers.trial import add

OPENAI, AZURE, TONGYI = BY_NAME["OpenAI"], BY_NAME["Azure"], BY_NAME["Tongyi"]

#: Those whose tool calls have OpenAI's form, and what makes their answers.
LIKE_OPENAI: dict[str, Any] = {
    "OpenAI": openai_protocol,
    "Azure": openai_protocol,
    "Tongyi": dashscope_protocol,
}


@each_provider()
def test_an_answer_comes_with_its_usage(provider: Provider, server: RecordedServer) -> None:
    server.script(provider.text("Hello."))
    answer = ask(server, provider=provider.asked)
    assert answer.role is MessageRole.ASSISTANT
    assert answer.content == "Hello."
    assert answer.extra_args == provider.told


@each_provider([OPENAI, AZURE, TONGYI])
def test_zero_tokens_are_a_usage_too(provider: Provider, server: RecordedServer) -> None:
    names = ["prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens"]
    message = {"role": "assistant", "content": ""}
    usage = dict.fromkeys(names, 0)
    server.script(LIKE_OPENAI[provider.name].completion(message, usage=usage))
    extra = ask(server, provider=provider.asked).extra_args
    assert (extra["promptTokens"], extra["completionTokens"]) == (0, 0)


@each_provider([OPENAI, AZURE, TONGYI])
def test_parallel_tool_calls_have_the_common_form(
    provider: Provider, server: RecordedServer
) -> None:
    calls = ("call_1", "add", '{"a": 1}'), ("call_2", "invented", "")
    server.script(LIKE_OPENAI[provider.name].tool_calls(*calls, content="Wait."))
    answer = ask(server, provider=provider.asked, tools=[add])
    first, second = answer.tool_calls
    assert (answer.content, answer.extra_args["finish_reason"]) == ("Wait.", "tool_calls")
    assert first.pop("id") != second.pop("id")
    assert first == {
        "type": "function",
        "function": {"name": "add", "arguments": {"a": 1}},
        "original_id": "call_1",
    }
    assert second["function"] == {"name": "invented", "arguments": {}}


@each_provider([OPENAI, AZURE, TONGYI])
@pytest.mark.parametrize("arguments", ['{"a": 1', "a=1", "[1]", '{"a": NaN}', '"text"'])
def test_malformed_arguments_stay_text(
    provider: Provider, server: RecordedServer, arguments: str
) -> None:
    server.script(LIKE_OPENAI[provider.name].tool_calls(("call_1", "add", arguments)))
    (call,) = ask(server, provider=provider.asked, tools=[add]).tool_calls
    assert call["function"]["arguments"] == arguments


@pytest.mark.parametrize(
    ("provider", "model"),
    [(OPENAI, "gpt-4o"), (AZURE, "mine"), (TONGYI, "qwen-plus"), (TONGYI, "qwen3.5-plus")],
    ids=str,
)
@pytest.mark.parametrize("arguments", ['{"a": 1, "b": "\u00e4"}', '{"a": '])
def test_a_tool_round_is_sent_back_whole(
    provider: Provider, server: RecordedServer, arguments: str, model: str
) -> None:
    calls = ("call_1", "add", arguments), ("call_2", "add", "{}")
    server.script(LIKE_OPENAI[provider.name].tool_calls(*calls), provider.text("Hello."))
    how: dict[str, Any] = {"provider": provider.asked, "tools": [add], "setup": {"model": model}}
    question = ChatMessage(content="1 + 2?", extra_args={"customer": "secret"})
    asking = ask(server, question, **how)
    results = [
        ChatMessage(
            role=MessageRole.TOOL,
            content=str(n),
            extra_args={name: call["original_id"], "tool_name": "add"},
        )
        for n, (call, name) in enumerate(
            zip(asking.tool_calls, ["external_id", "externalId"], strict=True)
        )
    ]
    ask(server, question, asking, *results, **how)
    assert server.refusals == []
    sent = provider.messages(server.requests[1].body)
    user, assistant, *answers = sent
    assert "secret" not in json.dumps(sent)
    assert user["content"] in ("1 + 2?", [{"text": "1 + 2?"}])
    assert [call["id"] for call in assistant["tool_calls"]] == ["call_1", "call_2"]
    assert [(a["tool_call_id"], a["content"]) for a in answers] == [
        ("call_1", "0"),
        ("call_2", "1"),
    ]
    assert {a.get("name", "add") for a in answers} == {"add"}
    written = assistant["tool_calls"][0]["function"]["arguments"]
    # A server that fills a template with the arguments needs an object in any case.
    assert isinstance(json.loads(written), dict)
    assert arguments in (written, json.loads(written).get("malformed_arguments"))


def called(index: int, arguments: str, **named: str) -> dict[str, Any]:
    """A piece of a call; the first one of a call has its id and name."""
    call: dict[str, Any] = {"index": index, "type": "function", "id": named.get("id", "")}
    call["function"] = {"arguments": arguments}
    if named:
        call["function"]["name"] = named["name"]
    return {"tool_calls": [call]}


@each_provider([OPENAI, AZURE, TONGYI])
def test_tool_calls_in_pieces_are_put_together(provider: Provider, server: RecordedServer) -> None:
    pieces_of_calls = (
        {"content": "Hel"},
        called(0, '{"a"', id="call_1", name="add"),
        called(0, ": 1}"),
        called(1, "", id="call_2", name="add"),
        called(1, '{"a": '),
    )
    protocol = LIKE_OPENAI[provider.name]
    server.script(protocol.streamed(*pieces_of_calls, finish_reason="tool_calls"))
    *pieces, last = ask_for_chunks(server, provider=provider.asked, tools=[add])
    assert [piece.content for piece in pieces] == ["Hel"]
    assert last.message is not None
    first, second = last.message.tool_calls
    assert (first["original_id"], second["original_id"]) == ("call_1", "call_2")
    assert first["function"] == {"name": "add", "arguments": {"a": 1}}
    assert second["function"] == {"name": "add", "arguments": '{"a": '}
    assert last.message.extra_args["finish_reason"] == "tool_calls"


@each_provider([one for one in PROVIDERS if one is not BY_NAME["Ollama"]])
def test_a_tool_message_without_its_call_is_refused(
    provider: Provider, server: RecordedServer
) -> None:
    with pytest.raises(ModelRequestError, match="external_id"):
        ask(server, ChatMessage(role=MessageRole.TOOL, content="3"), provider=provider.asked)
    assert server.requests == []

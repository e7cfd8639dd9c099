"""OpenAI: messages in both directions."""

from __future__ import annotations

import pytest

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.integrations.chat_models.openai.openai_utils import (
    convert_from_openai_message,
    convert_to_openai_message,
    convert_to_openai_messages,
)
from tests.providers.asking import ask
from tests.providers.openai_protocol import completion, text
from tests.providers.recorded_server import RecordedServer


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_goes_to_the_extra_args(openai_server: RecordedServer, field: str) -> None:
    openai_server.script(text("42", **{field: "Six times seven."}))
    answer = ask(openai_server)
    assert (answer.content, answer.extra_args["reasoning"]) == ("42", "Six times seven.")


def test_a_refusal_goes_to_the_extra_args(openai_server: RecordedServer) -> None:
    openai_server.script(text(None, refusal="I must not."))
    answer = ask(openai_server)
    assert (answer.content, answer.extra_args["refusal"]) == ("", "I must not.")


def test_logprobs_come_back(openai_server: RecordedServer) -> None:
    logprobs = {"content": [{"token": "Hi", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}
    openai_server.script(completion({"role": "assistant", "content": "Hi"}, logprobs=logprobs))
    assert ask(openai_server, setup={"logprobs": True}).extra_args["logprobs"] == logprobs


def test_a_call_without_an_id_of_the_provider_can_be_answered() -> None:
    call = {"id": None, "function": {"name": "add", "arguments": "{}"}}
    asking = convert_from_openai_message({"content": None, "tool_calls": [call]})
    own_id = asking.tool_calls[0]["id"]
    answer = ChatMessage(role=MessageRole.TOOL, content="3", extra_args={"external_id": own_id})
    sent = convert_to_openai_messages([asking, answer])
    assert sent[0]["tool_calls"][0]["id"] == sent[1]["tool_call_id"] == own_id


def test_a_message_of_the_sdk_is_read_like_its_json() -> None:
    from openai.types.chat import ChatCompletionMessage

    given = {"role": "assistant", "content": "Hi.", "reasoning_content": "Be polite."}
    read = convert_from_openai_message(ChatCompletionMessage.model_validate(given))
    assert read == convert_from_openai_message(given)
    assert read.extra_args == {"reasoning": "Be polite."}


def test_plain_messages_survive_the_round_trip() -> None:
    for role in ("system", "user", "assistant"):
        message = ChatMessage(role=MessageRole(role), content="\u00e4 {x} \U0001f600")
        sent = convert_to_openai_message(message)
        assert sent == {"role": role, "content": message.content}


@pytest.mark.parametrize(
    ("image", "address"),
    [
        (ImagePart(url="https://example.com/cat.png"), "https://example.com/cat.png"),
        (ImagePart(data=b"\x89PNG", media_type="image/png"), "data:image/png;base64,iVBORw=="),
    ],
)
def test_an_image_is_sent_by_its_address_or_as_its_bytes(
    openai_server: RecordedServer, image: ImagePart, address: str
) -> None:
    openai_server.script(text("A cat."))
    ask(openai_server, ChatMessage(content="What is it?", parts=[image, TextPart(text="Say!")]))
    assert openai_server.refusals == []
    (sent,) = openai_server.only_request.body["messages"]
    assert sent == {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": address}},
            {"type": "text", "text": "Say!"},
        ],
    }


def test_a_message_of_an_image_alone_has_no_empty_text(openai_server: RecordedServer) -> None:
    openai_server.script(text("A cat."))
    ask(openai_server, ChatMessage(parts=[ImagePart(url="https://example.com/cat.png")]))
    (sent,) = openai_server.only_request.body["messages"]
    assert [part["type"] for part in sent["content"]] == ["image_url"]

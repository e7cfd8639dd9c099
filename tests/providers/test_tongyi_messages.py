"""Tongyi: messages in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.exceptions import ModelRequestError
from tests.providers import asking
from tests.providers.dashscope_protocol import (
    MULTIMODAL,
    TEXT,
    TONGYI,
    streamed,
    text,
)
from tests.providers.recorded_server import Answer, RecordedServer


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=TONGYI, **arguments)


def test_reasoning_is_dropped_unless_it_is_asked_for(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(text("42", reasoning_content="Six times seven."))
    answer = ask(dashscope_server)
    assert answer.content == "42"
    assert "reasoning" not in answer.extra_args


@pytest.mark.parametrize(
    "step",
    [
        streamed(
            {"reasoning_content": "Six times "}, {"reasoning_content": "seven."}, {"content": "42"}
        ),
        # A server that does not stream.
        text("42", reasoning_content="Six times seven."),
    ],
    ids=["streamed", "whole"],
)
def test_reasoning_that_is_asked_for_goes_to_the_extra_args(
    dashscope_server: RecordedServer, step: Any
) -> None:
    dashscope_server.script(step)
    answer = ask(dashscope_server, setup={"extract_reasoning": True})
    assert answer.content == "42"
    assert answer.extra_args == {
        "model_name": "qwen-plus",
        "promptTokens": 9,
        "completionTokens": 3,
        "finish_reason": "stop",
        "reasoning": "Six times seven.",
    }


def test_a_model_may_be_kept_from_thinking_although_reasoning_is_extracted(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.script(streamed({"content": "42"}))
    setup = {"extract_reasoning": True, "additional_kwargs": {"enable_thinking": False}}
    assert ask(dashscope_server, setup=setup).content == "42"
    assert dashscope_server.only_request.body["parameters"]["enable_thinking"] is False


def test_an_answer_of_the_older_form_is_read(dashscope_server: RecordedServer) -> None:
    output = {"text": "Hello.", "finish_reason": "stop"}
    dashscope_server.script(Answer.of({"output": output, "request_id": "req_1"}))
    answer = ask(dashscope_server)
    assert (answer.content, answer.extra_args["finish_reason"]) == ("Hello.", "stop")


PNG = ImagePart(data=b"\x89PNG", media_type="image/png")


@pytest.mark.parametrize(
    ("image", "address"),
    [
        (ImagePart(url="https://example.com/cat.png"), "https://example.com/cat.png"),
        (PNG, "data:image/png;base64,iVBORw=="),
    ],
)
def test_an_image_goes_to_the_endpoint_of_models_that_see(
    dashscope_server: RecordedServer, image: ImagePart, address: str
) -> None:
    dashscope_server.script(text([{"text": "A "}, {"text": "cat."}]))
    system = ChatMessage(role=MessageRole.SYSTEM, content="Be brief.")
    question = ChatMessage(content="What is it?", parts=[image, TextPart(text="Say!")])
    answer = ask(dashscope_server, system, question, setup={"model": "qwen-vl-max"})
    assert answer.content == "A cat."
    sent = dashscope_server.only_request
    assert sent.path == MULTIMODAL
    assert sent.body["input"]["messages"] == [
        {"role": "system", "content": [{"text": "Be brief."}]},
        {
            "role": "user",
            "content": [{"text": "What is it?"}, {"image": address}, {"text": "Say!"}],
        },
    ]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("qwen-plus", TEXT),
        ("qwen3-max", TEXT),
        ("qwen-vl-max", MULTIMODAL),
        ("qwen3.5-plus", MULTIMODAL),
    ],
)
def test_a_model_is_asked_at_its_own_endpoint(
    dashscope_server: RecordedServer, model: str, path: str
) -> None:
    dashscope_server.script(text([{"text": "Hello."}]))
    assert ask(dashscope_server, setup={"model": model}).content == "Hello."
    assert dashscope_server.only_request.path == path


def test_the_endpoint_may_be_chosen(dashscope_server: RecordedServer) -> None:
    with pytest.raises(ModelRequestError, match=r"url error.*'multimodal': True"):
        ask(dashscope_server, setup={"additional_kwargs": {"multimodal": True}})
    assert dashscope_server.only_request.path == MULTIMODAL
    image = ChatMessage(parts=[PNG])
    with pytest.raises(ModelRequestError, match="a model of text takes no images"):
        ask(dashscope_server, image, setup={"additional_kwargs": {"multimodal": False}})


def test_parts_of_text_are_one_text_for_a_model_of_text(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(text())
    question = ChatMessage(content="One.", parts=[TextPart(text="Two.")])
    ask(dashscope_server, question, setup={"additional_kwargs": {"multimodal": False}})
    (sent,) = dashscope_server.only_request.body["input"]["messages"]
    assert sent == {"role": "user", "content": "One.\nTwo."}


def test_no_file_of_the_machine_is_uploaded_because_a_message_names_it(
    dashscope_server: RecordedServer, tmp_path: Path
) -> None:
    dashscope_server.script(text([{"text": "A path."}]))
    (tmp_path / "secret").write_text("secret")
    question = ChatMessage(content=str(tmp_path / "secret"))
    ask(dashscope_server, question, setup={"model": "qwen-vl-max"})
    (sent,) = dashscope_server.only_request.body["input"]["messages"]
    assert sent["content"] == [{"text": str(tmp_path / "secret")}]


def test_an_image_that_is_a_file_of_the_machine_is_refused(
    dashscope_server: RecordedServer,
) -> None:
    question = ChatMessage(parts=[ImagePart(url="file:///etc/hostname")])
    with pytest.raises(ModelRequestError, match="an image's url is none"):
        ask(dashscope_server, question, setup={"model": "qwen-vl-max"})
    assert dashscope_server.requests == []

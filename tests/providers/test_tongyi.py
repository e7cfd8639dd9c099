"""Tongyi: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelTimeoutError
from tests.providers import asking
from tests.providers.dashscope_protocol import BASE, TEXT, TONGYI, text
from tests.providers.recorded_server import RecordedServer, Silence


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=TONGYI, **arguments)


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@pytest.mark.parametrize("thinks", [False, True])
def test_the_request_timeout_takes_effect(dashscope_server: RecordedServer, thinks: bool) -> None:
    dashscope_server.script(Silence())
    with pytest.raises(ModelTimeoutError, match=r"within 0\.2 s.*Raise request_timeout"):
        ask(
            dashscope_server,
            connection={"request_timeout": 0.2},
            setup={"extract_reasoning": thinks},
        )
    assert len(dashscope_server.requests) == 1


def test_the_sdk_keeps_no_key(dashscope_server: RecordedServer) -> None:
    import dashscope

    dashscope_server.script(text())
    ask(dashscope_server, connection={"api_key": "sk-for-this-call"})
    assert dashscope.api_key != "sk-for-this-call"


def test_the_base_url_is_that_of_the_sdk_by_default(
    dashscope_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashscope.base_http_api_url", f"{dashscope_server.url}{BASE}")
    dashscope_server.script(text())
    ask(dashscope_server, connection={"base_url": None})
    assert dashscope_server.only_request.path == TEXT


SCHEMA = {"title": "Answer", "type": "object", "properties": {"a": {"type": "integer"}}}


def test_an_answer_of_a_schema_is_asked_for_in_words_and_in_json_mode(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.script(text('{"a": 1}'))
    ask(dashscope_server, output_schema=SCHEMA)
    sent = dashscope_server.only_request.body
    assert sent["parameters"]["response_format"] == {"type": "json_object"}
    assert '"title": "Answer"' in sent["input"]["messages"][0]["content"]


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [add]},
        {"setup": {"extract_reasoning": True}},
        {"setup": {"model": "qwen3.5-plus"}},
        {"setup": {"additional_kwargs": {"response_format": None}}},
    ],
    ids=["tools", "thinking", "a model that may think", "left out"],
)
def test_json_mode_is_left_out_where_models_refuse_it(
    dashscope_server: RecordedServer, more: dict[str, Any]
) -> None:
    dashscope_server.script(text('{"a": 1}'))
    ask(dashscope_server, output_schema=SCHEMA, **more)
    sent = dashscope_server.only_request.body
    assert "response_format" not in sent["parameters"]
    assert "Answer with one JSON value" in str(sent["input"]["messages"][0]["content"])

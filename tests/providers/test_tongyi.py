"""Tongyi: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.resource import Constant, ResourceName
from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.exceptions import ModelRequestError, ModelTimeoutError
from flink_agents.integrations.chat_models.tongyi_chat_model import (
    TongyiChatModelConnection,
    TongyiChatModelSetup,
    to_dashscope_tool,
)
from tests.providers import asking
from tests.providers.dashscope_protocol import BASE, TEXT, TONGYI, streamed, text
from tests.providers.recorded_server import Answer, RecordedServer, Silence

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=TONGYI, **arguments)


def parameter(name: str) -> Wire:
    """A parameter of the model in the request's body."""
    return lambda server: server.only_request.body["parameters"].get(name, ABSENT)


def header(name: str) -> Wire:
    """A header of the request."""
    return lambda server: server.only_request.headers.get(name, ABSENT)


def model(server: RecordedServer) -> Any:
    return server.only_request.body["model"]


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


Side = Literal["connection", "setup"]

PARAMETERS: list[tuple[Side, str, Any, Wire, Any]] = [
    ("setup", "temperature", 0, parameter("temperature"), 0),
    ("setup", "temperature", None, parameter("temperature"), ABSENT),
    ("setup", "extract_reasoning", True, parameter("incremental_output"), True),
    ("setup", "extract_reasoning", True, header("X-DashScope-SSE"), "enable"),
    ("setup", "additional_kwargs", {"enable_search": True}, parameter("enable_search"), True),
    ("setup", "additional_kwargs", {"temperature": None}, parameter("temperature"), ABSENT),
    ("setup", "additional_kwargs", {"enable_thinking": True}, header("X-DashScope-SSE"), "enable"),
    ("setup", "additional_kwargs", {"headers": {"X-Run": "1"}}, header("X-Run"), "1"),
    ("setup", "additional_kwargs", {"workspace": "w1"}, header("X-DashScope-WorkSpace"), "w1"),
]


@pytest.mark.parametrize(("side", "name", "value", "wire", "expected"), PARAMETERS)
def test_a_parameter_shows_on_the_wire(
    dashscope_server: RecordedServer, side: Side, name: str, value: Any, wire: Wire, expected: Any
) -> None:
    dashscope_server.always(
        lambda sent: streamed() if "X-DashScope-SSE" in sent.headers else text()
    )
    arguments: dict[str, Any] = {side: {name: value}}
    ask(dashscope_server, tools=[add], **arguments)
    assert wire(dashscope_server) == expected


def test_no_field_is_sent_that_nobody_asked_for(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(text())
    ask(dashscope_server)
    sent = dashscope_server.only_request.body
    assert sent == {
        "model": "qwen-plus",
        "input": {"messages": [{"role": "user", "content": "Hi."}]},
        "parameters": {"result_format": "message", "temperature": 0.7},
    }


def test_tools_are_sent_with_their_schema(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(text())
    ask(dashscope_server, tools=[add])
    (tool,) = dashscope_server.only_request.body["parameters"]["tools"]
    assert tool["function"]["name"] == "add"
    assert tool["function"]["description"] == "Add two numbers."
    assert tool["function"]["parameters"]["required"] == ["a"]


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


def test_a_call_may_have_a_timeout_of_its_own(dashscope_server: RecordedServer) -> None:
    dashscope_server.script(Silence())
    with pytest.raises(ModelTimeoutError, match=r"within 0\.1 s"):
        ask(dashscope_server, request_timeout=0.1)


def test_the_key_may_come_from_the_environment(
    dashscope_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-from-environment\n")
    dashscope_server.script(text())
    ask(dashscope_server, connection={"api_key": None})
    sent = dashscope_server.only_request.headers["Authorization"]
    assert sent == "Bearer sk-from-environment"


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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "DASHSCOPE_API_KEY"),
        ({"api_key": "sk-caf\u00e9"}, "api_key holds characters"),
        ({"api_key": "sk-test", "base_url": "localhost:8000"}, "base_url is no URL"),
        ({"api_key": "sk-test", "base_url": "http://me:pass@gateway"}, "user name or password"),
        ({"api_key": "sk-test", "request_timeout": 0}, "request_timeout"),
        ({"api_key": "sk-test", "endpoint": "x"}, "endpoint"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    arguments: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    with pytest.raises(ValidationError, match=told):
        TongyiChatModelConnection(**arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"additional_kwargs": {"stream": True}}, "cannot set stream"),
        ({"additional_kwargs": {"result_format": "text"}}, "cannot set result_format"),
        ({"additional_kwargs": {"api_key": "x"}}, "cannot set api_key"),
    ],
)
def test_a_setup_that_cannot_work_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TongyiChatModelSetup(connection="connection", **arguments)


def test_arguments_of_the_call_win_over_those_of_the_setup(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.script(text())
    setup = {"temperature": 0.5, "additional_kwargs": {"max_tokens": 10}}
    ask(dashscope_server, setup=setup, temperature=1, max_tokens=None)
    sent = dashscope_server.only_request.body["parameters"]
    assert sent == {"result_format": "message", "temperature": 1}


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
)
def test_json_mode_is_left_out_where_models_refuse_it(
    dashscope_server: RecordedServer, more: dict[str, Any]
) -> None:
    dashscope_server.script(text('{"a": 1}'))
    ask(dashscope_server, output_schema=SCHEMA, **more)
    sent = dashscope_server.only_request.body
    assert "response_format" not in sent["parameters"]
    assert "Answer with one JSON value" in str(sent["input"]["messages"][0]["content"])


def test_a_long_description_is_refused_unless_that_is_switched_off() -> None:
    class Arguments(BaseModel):
        a: int

    metadata = ToolMetadata(name="talk", description="x" * 1025, args_schema=Arguments)
    with pytest.raises(ValueError, match="'talk' has 1025 characters"):
        to_dashscope_tool(metadata)
    tool = to_dashscope_tool(metadata=metadata, skip_length_check=True)
    assert tool["function"]["description"] == metadata.description


def test_the_classes_are_found_by_their_names() -> None:
    for name in (Constant.TONGYI_CHAT_MODEL_CONNECTION, ResourceName.ChatModel.TONGYI_CONNECTION):
        assert name == f"{TongyiChatModelConnection.__module__}.TongyiChatModelConnection"
    for name in (Constant.TONGYI_CHAT_MODEL_SETUP, ResourceName.ChatModel.TONGYI_SETUP):
        assert name == f"{TongyiChatModelSetup.__module__}.TongyiChatModelSetup"


def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['dashscope'] = None\n"
        "from flink_agents.integrations.chat_models.tongyi_chat_model import *\n"
        "TongyiChatModelSetup(connection='c')\n"
        "TongyiChatModelConnection(api_key='sk-test')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "EnvironmentSetupError: Tongyi" in run.stderr
    assert 'pip install "pyflink-agents[tongyi]"' in run.stderr


def test_the_server_of_these_tests_refuses_what_dashscope_refuses(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.always(lambda _: Answer(b"{}"))
    wrongs: list[dict[str, Any]] = [
        {"temprature": 1},
        {"seed": "x"},
        {"temperature": 2.0},
        {"response_format": {"type": "json_object"}},
        {"multimodal": True},
    ]
    for wrong in wrongs:
        with pytest.raises(ModelRequestError, match="status 400"):
            ask(dashscope_server, **wrong)

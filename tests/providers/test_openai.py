"""OpenAI: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool
from tests.providers.asking import KEY, OpenAIChatModelConnection, OpenAIChatModelSetup, ask
from tests.providers.openai_protocol import overloaded, text
from tests.providers.recorded_server import Answer, RecordedServer

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def body(name: str) -> Wire:
    """A field of the request's body."""
    return lambda server: server.only_request.body.get(name, ABSENT)


def header(name: str) -> Wire:
    """A header of the request."""
    return lambda server: server.only_request.headers.get(name, ABSENT)


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


Side = Literal["connection", "setup"]

PARAMETERS: list[tuple[Side, str, Any, Wire, Any]] = [
    ("setup", "temperature", 0, body("temperature"), 0),
    ("setup", "temperature", None, body("temperature"), ABSENT),
    ("setup", "logprobs", True, body("top_logprobs"), 0),
    ("setup", "logprobs", False, body("logprobs"), False),
    ("setup", "top_logprobs", 5, body("logprobs"), True),
    ("setup", "additional_kwargs", {"temperature": None}, body("temperature"), ABSENT),
    ("setup", "additional_kwargs", {"extra_headers": {"X-Run": "1"}}, header("X-Run"), "1"),
]


@pytest.mark.parametrize(("side", "parameter", "value", "wire", "expected"), PARAMETERS)
def test_a_parameter_shows_on_the_wire(
    openai_server: RecordedServer, side: Side, parameter: str, value: Any, wire: Wire, expected: Any
) -> None:
    openai_server.script(text())
    arguments: dict[str, Any] = {side: {parameter: value}}
    ask(openai_server, tools=[add], **arguments)
    assert wire(openai_server) == expected


def test_no_field_is_sent_that_nobody_asked_for(openai_server: RecordedServer) -> None:
    openai_server.script(text())
    ask(openai_server)
    assert openai_server.only_request.body.keys() == {"model", "messages", "temperature"}


def test_tools_are_sent_with_their_schema(openai_server: RecordedServer) -> None:
    openai_server.script(text())
    ask(openai_server, tools=[add])
    (tool,) = openai_server.only_request.body["tools"]
    assert tool["function"]["name"] == "add"
    assert tool["function"]["description"] == "Add two numbers."
    assert tool["function"]["parameters"]["properties"]["a"]["type"] == "integer"
    assert tool["function"]["parameters"]["required"] == ["a"]


@pytest.mark.parametrize("retries", [0, 2, 3])
def test_max_retries_is_the_number_of_repeated_requests(
    openai_server: RecordedServer, retries: int
) -> None:
    openai_server.script(*[overloaded()] * retries, text("At last."))
    answer = ask(openai_server, connection={"max_retries": retries})
    assert answer.content == "At last."
    assert len(openai_server.requests) == retries + 1


def test_key_and_base_url_may_come_from_the_environment(
    openai_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment\n")
    monkeypatch.setenv("OPENAI_API_BASE_URL", f"{openai_server.url}/v1/")
    openai_server.script(text())
    ask(openai_server, connection={"api_key": None, "api_base_url": None})
    sent = openai_server.only_request.headers["Authorization"]
    assert sent == "Bearer sk-from-environment"


def test_no_headers_and_no_other_key_are_taken_from_the_environment(
    openai_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "key-of-somebody-else")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "Authorization: Bearer somebody-else\nX-Own: somebody-else"
    )
    openai_server.script(text())
    ask(openai_server)
    request = openai_server.only_request
    assert request.headers["Authorization"] == "Bearer sk-test"
    assert "somebody-else" not in f"{dict(request.headers)} {request.body}"


def test_the_base_url_is_openai_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://not.documented")
    connection = OpenAIChatModelConnection(**KEY)
    assert connection.api_base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"api_key": "sk-caf\u00e9"}, "api_key holds characters"),
        ({"api_key": "sk-test", "api_base_url": "localhost:8000"}, "api_base_url is no URL"),
        ({"api_key": "sk-test", "timeout": 0}, "timeout"),
        ({"api_key": "sk-test", "max_retries": -1}, "max_retries"),
        ({"api_key": "sk-test", "endpoint": "x"}, "endpoint"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    arguments: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValidationError, match=told):
        OpenAIChatModelConnection(**arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"logprobs": False, "top_logprobs": 1}, "needs logprobs=True"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"additional_kwargs": {"stream": True}}, "cannot set stream"),
    ],
)
def test_a_setup_that_cannot_work_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        OpenAIChatModelSetup(connection="connection", **arguments)


def test_arguments_of_the_call_win_over_those_of_the_setup(openai_server: RecordedServer) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"temperature": 0.5, "max_tokens": 10}, temperature=1, max_tokens=None)
    sent = openai_server.only_request.body
    assert sent["temperature"] == 1
    assert "max_tokens" not in sent


def test_parameters_that_only_other_servers_know_reach_them() -> None:
    seen: list[Any] = []

    def remember(request: Any) -> None:
        seen.append(request.body)

    with RecordedServer(remember) as server:
        server.script(text())
        extra = {"top_k": 3, "extra_body": {"min_p": 0.1}, "extra_query": {"v": "2"}}
        ask(server, setup={"additional_kwargs": extra})
        assert seen[0]["top_k"] == 3
        assert seen[0]["min_p"] == 0.1
        assert server.only_request.query == {"v": "2"}


@pytest.mark.parametrize("model", ["o3-mini", "gpt-5", "gpt-5.1-mini", "openai/o4-mini", "gpt-10"])
def test_a_reasoning_model_gets_what_it_takes(openai_server: RecordedServer, model: str) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": model, "max_tokens": 99, "reasoning_effort": "high"})
    sent = openai_server.only_request.body
    assert sent["max_completion_tokens"] == 99
    assert sent["reasoning_effort"] == "high"
    assert not {"max_tokens", "temperature"} & sent.keys()


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "qwen3-o1"])
def test_other_models_get_the_documented_names(openai_server: RecordedServer, model: str) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": model, "max_tokens": 99})
    sent = openai_server.only_request.body
    assert (sent["max_tokens"], sent["temperature"]) == (99, 0.1)


def test_a_temperature_that_was_asked_for_is_sent_to_any_model(
    openai_server: RecordedServer,
) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": "o3", "temperature": 1})
    assert openai_server.only_request.body["temperature"] == 1


def test_a_long_description_is_refused_unless_that_is_switched_off() -> None:
    class Arguments(BaseModel):
        a: int

    metadata = ToolMetadata(name="talk", description="x" * 1025, args_schema=Arguments)
    with pytest.raises(ValueError, match="'talk' has 1025 characters"):
        to_openai_tool(metadata=metadata)
    tool = to_openai_tool(metadata=metadata, skip_length_check=True)
    assert tool["function"]["description"] == metadata.description


def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from flink_agents.integrations.chat_models.openai import *\n"
        "OpenAIChatModelSetup(connection='c')\n"
        "OpenAIChatModelConnection(api_key='sk-test')\n"
    )
    for missing in ("openai", "aiohttp"):
        command = [sys.executable, "-c", program, missing]
        run = subprocess.run(command, capture_output=True, text=True)
        assert "EnvironmentSetupError: OpenAI" in run.stderr
        assert 'pip install "pyflink-agents[openai]"' in run.stderr


def test_the_server_of_these_tests_refuses_what_openai_refuses(
    openai_server: RecordedServer,
) -> None:
    openai_server.always(lambda _: Answer(b"{}"))
    wrongs: list[dict[str, Any]] = [
        {"temprature": 1},
        {"seed": "x"},
        {"extra_body": {"top_logprobs": 2}},
    ]
    for wrong in wrongs:
        with pytest.raises(ModelRequestError, match="status 400"):
            ask(openai_server, **wrong)

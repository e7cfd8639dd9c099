"""Anthropic: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.resource import Constant, get_resource_class
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.anthropic import (
    AnthropicChatModelConnection,
    AnthropicChatModelSetup,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_client import CLIENTS
from tests.providers import asking
from tests.providers.anthropic_protocol import ANTHROPIC, KEY, NEWEST, OLDER, overloaded, text
from tests.providers.recorded_server import Answer, RecordedServer

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=ANTHROPIC, **arguments)


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


THINKING = {"type": "enabled", "budget_tokens": 1024}
AUTHORIZED = {"Authorization": "Bearer b"}
TOOL = {"type": "tool", "name": "add"}

Side = Literal["connection", "setup"]

PARAMETERS: list[tuple[Side, str, Any, Wire, Any]] = [
    ("connection", "default_headers", {"X-Api-Key": "blue"}, header("X-Api-Key"), "blue"),
    ("connection", "default_headers", AUTHORIZED, header("Authorization"), "Bearer b"),
    ("setup", "temperature", 0, body("temperature"), 0),
    ("setup", "temperature", None, body("temperature"), ABSENT),
    ("setup", "additional_kwargs", {"top_p": 0.5}, body("top_p"), 0.5),
    ("setup", "additional_kwargs", {"top_p": 0.5}, body("temperature"), ABSENT),
    ("setup", "additional_kwargs", {"stop_sequences": ["x"]}, body("stop_sequences"), ["x"]),
    ("setup", "additional_kwargs", {"tool_choice": TOOL}, body("tool_choice"), TOOL),
    ("setup", "additional_kwargs", {"temperature": None}, body("temperature"), ABSENT),
    ("setup", "additional_kwargs", {"extra_headers": {"X-Run": "1"}}, header("X-Run"), "1"),
]


@pytest.mark.parametrize(("side", "parameter", "value", "wire", "expected"), PARAMETERS)
def test_a_parameter_shows_on_the_wire(
    anthropic_server: RecordedServer,
    side: Side,
    parameter: str,
    value: Any,
    wire: Wire,
    expected: Any,
) -> None:
    anthropic_server.script(text())
    arguments: dict[str, Any] = {side: {parameter: value}}
    ask(anthropic_server, tools=[add], **arguments)
    assert wire(anthropic_server) == expected


def test_no_field_is_sent_that_nobody_asked_for(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    ask(anthropic_server)
    sent = anthropic_server.only_request.body
    assert sent.keys() == {"model", "max_tokens", "messages", "temperature"}


def test_tools_are_sent_with_their_schema(anthropic_server: RecordedServer) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, tools=[add])
    (tool,) = anthropic_server.only_request.body["tools"]
    assert tool.keys() == {"name", "description", "input_schema"}
    assert (tool["name"], tool["description"]) == ("add", "Add two numbers.")
    assert tool["input_schema"]["properties"]["a"]["type"] == "integer"
    assert tool["input_schema"]["required"] == ["a"]


@pytest.mark.parametrize("retries", [0, 2, 3])
def test_max_retries_is_the_number_of_repeated_requests(
    anthropic_server: RecordedServer, retries: int
) -> None:
    anthropic_server.script(*[overloaded()] * retries, text("At last."))
    answer = ask(anthropic_server, connection={"max_retries": retries})
    assert answer.content == "At last."
    assert len(anthropic_server.requests) == retries + 1


def test_key_and_base_url_may_come_from_the_environment(
    anthropic_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-from-environment\n")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{anthropic_server.url}/")
    anthropic_server.script(text())
    ask(anthropic_server, connection={"api_key": None, "api_base_url": None})
    sent = anthropic_server.only_request.headers["Authorization"]
    assert sent == "Bearer sk-from-environment"


def test_nothing_else_is_taken_from_the_environment(
    anthropic_server: RecordedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "somebody-else")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv(
        "ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: key-of-somebody-else\nX-Own: somebody-else"
    )
    anthropic_server.script(text())
    ask(anthropic_server)
    request = anthropic_server.only_request
    assert request.headers["Authorization"] == "Bearer sk-ant-test"
    assert "somebody-else" not in f"{dict(request.headers)} {request.body}"


def test_the_base_url_is_anthropic_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    connection = AnthropicChatModelConnection(**KEY)
    assert connection.api_base_url == "https://api.anthropic.com"


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_the_base_url_may_end_as_people_write_it(
    anthropic_server: RecordedServer, end: str
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, connection={"api_base_url": anthropic_server.url + end})
    assert anthropic_server.only_request.path == "/v1/messages"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "ANTHROPIC_API_KEY"),
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
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "not-asked-for")
    with pytest.raises(ValidationError, match=told):
        AnthropicChatModelConnection(**arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"temperature": 1.1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"additional_kwargs": {"stream": True, "system": "x"}}, "cannot set stream, system"),
        ({"additional_kwargs": {"thinking": THINKING}}, "max_tokens=1024 has to be above"),
        (
            {"temperature": 0.5, "additional_kwargs": {"thinking": {"type": "adaptive"}}},
            "temperature=0.5 does not go with thinking",
        ),
    ],
)
def test_a_setup_that_cannot_work_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        AnthropicChatModelSetup(connection="connection", **arguments)


def test_arguments_of_the_call_win_over_those_of_the_setup(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(text())
    setup = {"temperature": 0.5, "additional_kwargs": {"top_k": 3}}
    ask(anthropic_server, setup=setup, temperature=1, top_k=None)
    sent = anthropic_server.only_request.body
    assert sent["temperature"] == 1
    assert "top_k" not in sent


def test_parameters_that_only_other_servers_know_reach_them() -> None:
    with RecordedServer(lambda _: None) as server:
        server.script(text())
        extra = {"min_p": 3, "extra_body": {"seed": 1}, "extra_query": {"v": "2"}}
        ask(server, setup={"additional_kwargs": extra})
        assert server.only_request.body["min_p"] == 3
        assert server.only_request.body["seed"] == 1
        assert server.only_request.query == {"v": "2"}


OLD = ["claude-3-5-haiku-latest", "claude-opus-4-1@20250805", "us.anthropic.claude-sonnet-4-6-v1:0"]
NEW = ["claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5", "claude-mythos-preview"]


@pytest.mark.parametrize("model", [*OLD, "claude-2.1", "claude-instant-1.2", "smollm2"])
def test_the_default_temperature_is_sent_with_the_version_that_takes_it(
    anthropic_server: RecordedServer, model: str
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": model})
    assert anthropic_server.only_request.body["temperature"] == 0.1
    assert anthropic_server.only_request.headers["anthropic-version"] == OLDER


@pytest.mark.parametrize("model", NEW)
def test_a_newer_model_gets_no_temperature(anthropic_server: RecordedServer, model: str) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": model})
    assert "temperature" not in anthropic_server.only_request.body
    assert anthropic_server.only_request.headers["anthropic-version"] == NEWEST


def test_a_temperature_that_was_asked_for_is_sent_and_its_refusal_says_what_to_do(
    anthropic_server: RecordedServer,
) -> None:
    with pytest.raises(ModelRequestError, match=r"deprecated.*\{'temperature': None\}"):
        ask(anthropic_server, setup={"model": "claude-opus-4-7", "temperature": 1})
    anthropic_server.script(text())
    setup = {"model": "claude-opus-4-7", "additional_kwargs": {"temperature": None}}
    assert ask(anthropic_server, setup=setup).content


@pytest.mark.parametrize("side", ["connection", "call"])
def test_another_version_can_be_asked_for(anthropic_server: RecordedServer, side: str) -> None:
    version = {"Anthropic-Version": NEWEST}
    with pytest.raises(ModelRequestError, match="temperature: Extra inputs"):
        if side == "call":
            ask(anthropic_server, extra_headers=version)
        else:
            ask(anthropic_server, connection={"default_headers": version})


@pytest.mark.parametrize(
    "thinking", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}]
)
@pytest.mark.parametrize("side", ["setup", "call"])
def test_with_thinking_no_temperature_is_sent(
    anthropic_server: RecordedServer, side: str, thinking: dict[str, Any]
) -> None:
    anthropic_server.script(text())
    if side == "call":
        ask(anthropic_server, setup={"max_tokens": 2048}, thinking=thinking)
    else:
        given = {"max_tokens": 2048, "additional_kwargs": {"thinking": thinking}}
        ask(anthropic_server, setup=given)
    sent = anthropic_server.only_request.body
    assert sent["thinking"] == thinking
    assert "temperature" not in sent


def test_with_thinking_switched_off_the_temperature_is_sent(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"additional_kwargs": {"thinking": {"type": "disabled"}}})
    assert anthropic_server.only_request.body["temperature"] == 0.1


def test_no_more_connections_are_opened_than_calls_may_be_in_flight(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.always(lambda _: text())
    connection = ANTHROPIC.connect(anthropic_server)
    connection.set_max_in_flight(7)

    async def run() -> None:
        hi = [ChatMessage(content="Hi.")]
        calls = [connection.achat(hi, model="m", max_tokens=5) for _ in range(40)]
        await asyncio.gather(*calls)
        await connection.aclose()

    asyncio.run(run())
    assert len(anthropic_server.requests) == 40
    assert anthropic_server.max_in_flight == 7


def test_all_clients_are_closed_in_the_end(anthropic_server: RecordedServer) -> None:
    anthropic_server.always(lambda _: text())
    ask(anthropic_server)
    connection = ANTHROPIC.connect(anthropic_server)
    for _ in range(2):
        connection.chat([ChatMessage(content="Hi.")], model="m", max_tokens=5)
    assert len(CLIENTS) == 0


def test_both_spellings_of_the_name_lead_to_the_classes() -> None:
    for name, cls in [
        (Constant.ANTHROPIC_CHAT_MODEL_CONNECTION, AnthropicChatModelConnection),
        (Constant.ANTHROPIC_CHAT_MODEL_SETUP, AnthropicChatModelSetup),
    ]:
        module, _, found = name.rpartition(".")
        assert get_resource_class(module, found) is cls


def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from flink_agents.integrations.chat_models.anthropic import *\n"
        "AnthropicChatModelSetup(connection='c')\n"
        "AnthropicChatModelConnection(api_key='sk-test')\n"
    )
    for missing in ("anthropic", "aiohttp"):
        command = [sys.executable, "-c", program, missing]
        run = subprocess.run(command, capture_output=True, text=True)
        assert "EnvironmentSetupError: Anthropic" in run.stderr
        assert 'pip install "pyflink-agents[anthropic]"' in run.stderr


def test_the_server_of_these_tests_refuses_what_anthropic_refuses(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.always(lambda _: Answer(b"{}"))
    wrongs: list[dict[str, Any]] = [
        {"temprature": 1},
        {"stop_sequences": "x"},
        {"top_p": 0.5},
        {"thinking": THINKING, "max_tokens": 1024},
    ]
    for wrong in wrongs:
        with pytest.raises(ModelRequestError, match="status 400"):
            ask(anthropic_server, **wrong)

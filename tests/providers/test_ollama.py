"""Ollama: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.resource import Constant
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.ollama_chat_model import (
    OllamaChatModelConnection,
    OllamaChatModelSetup,
)
from tests.providers import asking
from tests.providers.ollama_protocol import OLLAMA, cannot_think, text, thinking
from tests.providers.recorded_server import Answer, RecordedRequest, RecordedServer

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=OLLAMA, **arguments)


def body(name: str) -> Wire:
    """A field of the request's body."""
    return lambda server: server.only_request.body.get(name, ABSENT)


def option(name: str) -> Wire:
    """One of the model's options."""
    return lambda server: server.only_request.body.get("options", {}).get(name, ABSENT)


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


PARAMETERS: list[tuple[str, Any, Wire, Any]] = [
    ("temperature", 0, option("temperature"), 0),
    ("temperature", None, option("temperature"), ABSENT),
    ("num_ctx", None, option("num_ctx"), ABSENT),
    ("keep_alive", 0, body("keep_alive"), 0),
    ("keep_alive", -1.0, body("keep_alive"), -1),
    ("keep_alive", None, body("keep_alive"), ABSENT),
    ("think", True, body("think"), True),
    ("think", False, body("think"), False),
    ("additional_kwargs", {"stop": ["."]}, option("stop"), ["."]),
    ("additional_kwargs", {"options": {"top_k": 1}}, option("top_k"), 1),
    ("additional_kwargs", {"format": "json"}, body("format"), "json"),
    ("additional_kwargs", {"truncate": False}, body("truncate"), False),
    ("additional_kwargs", {"logprobs": True}, body("logprobs"), True),
    ("additional_kwargs", {"temperature": 0.1}, option("temperature"), 0.1),
    ("additional_kwargs", {"temperature": None}, option("temperature"), ABSENT),
    ("additional_kwargs", {"think": None}, body("think"), ABSENT),
    ("additional_kwargs", {"keep_alive": None}, body("keep_alive"), ABSENT),
]


@pytest.mark.parametrize(("parameter", "value", "wire", "expected"), PARAMETERS)
def test_a_parameter_shows_on_the_wire(
    ollama_recorded: RecordedServer, parameter: str, value: Any, wire: Wire, expected: Any
) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, setup={parameter: value})
    assert wire(ollama_recorded) == expected


def test_no_field_is_sent_that_nobody_asked_for(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded)
    sent = ollama_recorded.only_request.body
    assert sent.keys() == {"model", "messages", "stream", "keep_alive", "think", "options"}
    assert sent["options"].keys() == {"temperature", "num_ctx"}
    assert sent["stream"] is False


def test_extract_reasoning_is_not_sent_but_decides_what_comes_back(
    ollama_recorded: RecordedServer,
) -> None:
    tagged = "<think>In tags.</think>42"
    ollama_recorded.always(lambda _: thinking("In a field.", tagged))
    apart = ask(ollama_recorded)
    assert apart.content == "42"
    assert apart.extra_args["reasoning"] == "In a field.\nIn tags."
    whole = ask(ollama_recorded, setup={"extract_reasoning": False})
    assert whole.content == tagged
    assert "reasoning" not in whole.extra_args
    assert all("extract_reasoning" not in str(r.body) for r in ollama_recorded.requests)


def test_the_connections_defaults_are_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is documented counts, not the environment.
    monkeypatch.setenv("OLLAMA_HOST", "10.0.0.1:80")
    connection = OllamaChatModelConnection()
    assert connection.base_url == "http://localhost:11434"
    assert connection.request_timeout == 30.0


def test_both_names_of_the_classes_lead_here() -> None:
    module = OllamaChatModelConnection.__module__
    assert f"{module}.OllamaChatModelConnection" == Constant.OLLAMA_CHAT_MODEL_CONNECTION
    assert f"{module}.OllamaChatModelSetup" == Constant.OLLAMA_CHAT_MODEL_SETUP


@pytest.mark.parametrize("url", ["localhost:11434", "http://", "ftp://x", ""])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="base_url is no URL"):
        OllamaChatModelConnection(base_url=url)


@pytest.mark.parametrize("arguments", [{"request_timeout": 0}, {"api_key": "x"}])
def test_a_connection_that_cannot_work_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(arguments))):
        OllamaChatModelConnection(**arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"model": None}, "model is None"),
        ({"model": ""}, "model"),
        ({"temperature": -1}, "temperature"),
        ({"num_ctx": 0}, "num_ctx"),
        ({"think": "much"}, "think"),
        ({"additional_kwargs": {"stream": True}}, "cannot set stream"),
        ({"additional_kwargs": {"max_tokens": 5}}, "its name there is num_predict"),
    ],
)
def test_a_setup_that_cannot_work_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        OllamaChatModelSetup(connection="connection", **{"model": "m", **arguments})


def test_a_setup_names_its_model() -> None:
    with pytest.raises(ValidationError, match="model"):
        OllamaChatModelSetup(connection="connection")  # pyright: ignore[reportCallIssue]


def test_arguments_of_the_call_win_over_those_of_the_setup(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, temperature=1, num_ctx=None, think=False)
    sent = ollama_recorded.only_request.body
    assert sent["options"] == {"temperature": 1}
    assert sent["think"] is False


def only_those_that_think(request: RecordedRequest) -> Answer:
    return cannot_think() if request.body.get("think") else text()


def thoughts(server: RecordedServer) -> list[Any]:
    return [request.body.get("think", ABSENT) for request in server.requests]


def test_by_default_a_model_that_cannot_think_is_asked_again_without_and_that_is_remembered(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.always(only_those_that_think)

    async def run() -> None:
        connection = OLLAMA.connect(ollama_recorded)
        model = OLLAMA.set_up(connection)
        for _ in range(2):
            assert (await model.achat([ChatMessage(content="Hi.")])).content == "Hello."
        other = OLLAMA.set_up(connection, model="other")
        assert (await other.achat([ChatMessage(content="Hi.")])).content == "Hello."
        await connection.aclose()

    asyncio.run(run())
    assert thoughts(ollama_recorded) == [True, ABSENT, ABSENT, True, ABSENT]


@pytest.mark.parametrize("think", [True, "low"])
def test_thinking_that_was_asked_for_has_to_be_possible(
    ollama_recorded: RecordedServer, think: Any
) -> None:
    ollama_recorded.always(only_those_that_think)
    with pytest.raises(ModelRequestError, match=r"does not support thinking.*Set think=False"):
        ask(ollama_recorded, setup={"think": think})
    assert thoughts(ollama_recorded) == [think]


def test_other_refusals_are_not_asked_again(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(Answer.of({"error": "no"}, 400))
    with pytest.raises(ModelRequestError, match="status 400: no"):
        ask(ollama_recorded)
    assert thoughts(ollama_recorded) == [True]


class City(BaseModel):
    name: str
    people: int = 1


SCHEMA = OutputSchema(output_schema=City).json_schema()


def test_a_schema_becomes_the_format(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, output_schema=SCHEMA)
    assert ollama_recorded.only_request.body["format"] == SCHEMA


def test_with_tools_the_schema_is_told_in_words_because_a_format_forbids_calls(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, output_schema=SCHEMA, tools=[add])
    sent = ollama_recorded.only_request.body
    assert "format" not in sent
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert "JSON schema" in sent["messages"][0]["content"]


@pytest.mark.parametrize("chosen", ["json", None])
def test_another_format_can_be_chosen(ollama_recorded: RecordedServer, chosen: Any) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, setup={"additional_kwargs": {"format": chosen}}, output_schema=SCHEMA)
    sent = ollama_recorded.only_request.body
    assert sent.get("format") == chosen
    assert sent["messages"][0]["role"] == MessageRole.SYSTEM.value


def test_tools_are_sent_with_their_schema(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(text())
    ask(ollama_recorded, tools=[add])
    (tool,) = ollama_recorded.only_request.body["tools"]
    assert tool["function"]["name"] == "add"
    assert tool["function"]["description"] == "Add two numbers."
    assert tool["function"]["parameters"]["properties"]["a"]["type"] == "integer"
    assert tool["function"]["parameters"]["required"] == ["a"]


class Node(BaseModel):
    """A node."""

    city: City
    children: list[Node] = []


def test_types_inside_of_arguments_are_spelled_out(ollama_recorded: RecordedServer) -> None:
    def plant(tree: Node) -> None:
        """Plant a tree."""

    ollama_recorded.script(text())
    ask(ollama_recorded, tools=[plant])
    (tool,) = ollama_recorded.only_request.body["tools"]
    tree = tool["function"]["parameters"]["properties"]["tree"]
    assert tree["properties"]["city"]["properties"]["name"]["type"] == "string"
    assert tree["properties"]["children"]["items"] == {"type": "object"}
    assert "$defs" not in tool["function"]["parameters"]


def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['ollama'] = None\n"
        "from flink_agents.integrations.chat_models.ollama_chat_model import *\n"
        "OllamaChatModelSetup(connection='c', model='m')\n"
        "OllamaChatModelConnection()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "EnvironmentSetupError: Ollama" in run.stderr
    assert 'pip install "pyflink-agents[ollama]"' in run.stderr


def test_the_server_of_these_tests_refuses_what_ollama_refuses(
    ollama_recorded: RecordedServer,
) -> None:
    wrongs: list[dict[str, Any]] = [
        {"temprature": 1},
        {"seed": "x"},
        {"num_ctx": -1},
        {"think": "much"},
        {"keep_alive": ["5m"]},
        {"top_logprobs": 21},
    ]
    for wrong in wrongs:
        with pytest.raises(ModelRequestError, match="status 400"):
            ask(ollama_recorded, **wrong)

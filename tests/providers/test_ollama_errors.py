"""Ollama: every fault of a server becomes an error that says what to do, and tells no secret."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection
from tests.providers import asking
from tests.providers.faults import (
    CANARY,
    Fault,
    assert_fails,
    each_fault,
)
from tests.providers.ollama_protocol import OLLAMA, answer, error, overloaded
from tests.providers.recorded_server import (
    Answer,
    RecordedServer,
    Reset,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=OLLAMA, **arguments)


NOT_FOUND = "model 'mine' not found"
NO_TOOLS = "registry.ollama.ai/library/mine:latest does not support tools"
NO_LEVELS = 'think value "low" is not supported for this model'
NO_SCHEMA = "invalid JSON schema in format"

FAULTS: list[Fault] = [
    ("404", error(404, NOT_FOUND), ModelRequestError, f"{NOT_FOUND}.*ollama pull mine$"),
    (
        "404 of a wrong path",
        Answer(b"404 page not found", 404, content_type="text/plain"),
        ModelRequestError,
        "base_url, which is the server's root without /api or /v1",
    ),
    ("no tools", error(400, NO_TOOLS), ModelRequestError, "support tools. Remove the tools"),
    ("no levels", error(400, NO_LEVELS), ModelRequestError, "Set think=True"),
    ("400", error(400, "bad"), ModelRequestError, "status 400: bad. Check the arguments"),
    ("503", overloaded(503), ModelUnavailableError, "status 503.*OLLAMA_MAX_QUEUE"),
    ("500 for good", error(500, NO_SCHEMA), ModelRequestError, "in format. Check the arguments"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed: .*base_url.*ollama serve"),
    ("no message", Answer.of({"done": True}), ModelOutputError, "no message"),
    ("an odd message", answer({"tool_calls": [{"id": "1"}]}), ModelOutputError, "expected form"),
    ("odd calls", answer({"tool_calls": 5}), ModelOutputError, "expected form"),
    ("odd content", answer({"content": 5}), ModelOutputError, "cannot read the answer"),
    ("an odd count", answer({"content": ""}, eval_count="3"), ModelOutputError, "eval_count"),
    ("a piece", answer({"content": "Hel"}, done=False), ModelOutputError, "a piece of an answer"),
    (
        "an error in place of an answer",
        Answer.of({"error": "Upstream is down."}),
        ModelUnavailableError,
        "status 500: Upstream is down",
    ),
    (
        "a refusal in place of an answer",
        Answer.of({"error": "Too long.", "status": 400}),
        ModelRequestError,
        "status 400: Too long",
    ),
]


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    ollama_recorded: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    ollama_recorded.script(step)
    assert_fails(lambda: ask(ollama_recorded, setup={"model": "mine"}), kind, told)
    assert len(ollama_recorded.requests) == 1


def test_an_error_names_the_request_where_a_gateway_does(ollama_recorded: RecordedServer) -> None:
    ollama_recorded.script(error(500, "Oh.", x_request_id="req_1"))
    with pytest.raises(ModelUnavailableError, match="request id req_1: Oh"):
        ask(ollama_recorded)


def test_a_server_that_is_not_there_is_to_be_started() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        connection = OllamaChatModelConnection(base_url=f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(ModelUnavailableError, match=r"To start it: ollama serve$"):
            connection.chat([ChatMessage(content="Hi.")], model="m")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"model": "m", "max_tokens": 5}, "num_predict"),
        ({"model": "m", "temperature": float("nan")}, "could not be sent: ValueError"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(
    ollama_recorded: RecordedServer, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(ModelRequestError, match=told):
        OLLAMA.connect(ollama_recorded).chat([ChatMessage(content="Hi.")], **arguments)
    assert ollama_recorded.requests == []


def with_secrets(server: RecordedServer, user: str = "me") -> dict[str, Any]:
    return {
        "base_url": server.url.replace("http://", f"http://{user}:{CANARY}@"),
        "request_timeout": 0.3,
    }


def test_the_password_is_not_told_in_the_form_in_which_it_is_sent(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.always(lambda request: error(400, request.headers["Authorization"]))
    with pytest.raises(ModelRequestError, match=re.escape("status 400: Basic ***")):
        ask(ollama_recorded, connection=with_secrets(ollama_recorded))

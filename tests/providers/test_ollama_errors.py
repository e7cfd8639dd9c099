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
    ModelTimeoutError,
    ModelUnavailableError,
)
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection
from tests.providers import asking
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    HTML,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.ollama_protocol import OLLAMA, answer, error, overloaded, text
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedServer,
    Reset,
    Silence,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=OLLAMA, **arguments)


NOT_FOUND = "model 'mine' not found"
NO_TOOLS = "registry.ollama.ai/library/mine:latest does not support tools"
NO_LEVELS = 'think value "low" is not supported for this model'
NO_SCHEMA = "invalid JSON schema in format"

FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    ("401", error(401, "unauthorized"), ModelRequestError, "status 401.*OLLAMA_API_KEY"),
    ("403", error(403, "Not allowed."), ModelRequestError, "status 403.*allowed to use"),
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
    ("422", Answer.of({"detail": "bad"}, 422), ModelRequestError, "status 422: bad"),
    ("408", error(408, "Too slow."), ModelTimeoutError, "status 408"),
    ("429", overloaded(429), ModelUnavailableError, "status 429.*max-in-flight"),
    ("503", overloaded(503), ModelUnavailableError, "status 503.*OLLAMA_MAX_QUEUE"),
    ("500", error(500, "Oh."), ModelUnavailableError, "status 500.*server's state"),
    ("500 for good", error(500, NO_SCHEMA), ModelRequestError, "in format. Check the arguments"),
    ("a gateway's page", HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s.*Raise request_timeout"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed: .*base_url.*ollama serve"),
    ("half a body", HalfAnswer(text()), ModelUnavailableError, "the connection failed"),
    ("bad JSON", Answer(b'{"message": ['), ModelOutputError, "cannot read the answer"),
    ("a page", Answer(b"<html>", content_type="text/html"), ModelOutputError, "<html>"),
    ("no text", Answer(b"\xff\xfe"), ModelOutputError, "cannot read the answer"),
    ("nothing", Answer(b""), ModelOutputError, "cannot read the answer: .*: nothing"),
    ("JSON of another kind", Answer.of([1]), ModelOutputError, "no JSON object"),
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


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    ollama_recorded: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    ollama_recorded.script(step)
    with pytest.raises(kind, match=told) as caught:
        ask(ollama_recorded, setup={"model": "mine"}, connection={"request_timeout": 0.3})
    assert type(caught.value) is kind
    assert f"Ollama model 'mine' at {ollama_recorded.url}: " in str(caught.value)
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
        ({}, "no model is named"),
        ({"model": "m", "stream": True}, "cannot set stream"),
        ({"model": "m", "max_tokens": 5}, "num_predict"),
        ({"model": "m", "seed": {1, 2}}, "could not be sent: TypeError"),
        ({"model": "m", "temperature": float("nan")}, "could not be sent: ValueError"),
        ({"model": "m", "stop": "\ud800"}, "could not be sent: UnicodeEncodeError"),
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


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_error_tells_a_secret(
    ollama_recorded: RecordedServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_recorded.always(lambda request: echo(request, status))
    with_password = with_secrets(ollama_recorded)
    assert_fails_without_a_secret(lambda: ask(ollama_recorded, connection=with_password))
    monkeypatch.setenv("OLLAMA_API_KEY", CANARY)
    assert_fails_without_a_secret(lambda: ask(ollama_recorded))
    sent = [request.headers["Authorization"] for request in ollama_recorded.requests]
    assert sent[0].startswith("Basic ")
    assert sent[1] == f"Bearer {CANARY}"


@pytest.mark.parametrize("fault", [*FAULTS_WITH_SECRETS, "not sent"])
def test_no_fault_tells_a_secret(ollama_recorded: RecordedServer, fault: str) -> None:
    ollama_recorded.always(FAULTS_WITH_SECRETS.get(fault, lambda _: text()))
    arguments: dict[str, Any] = {"stop": "\ud800"} if fault == "not sent" else {}
    connection = with_secrets(ollama_recorded)
    assert_fails_without_a_secret(lambda: ask(ollama_recorded, connection=connection, **arguments))


def test_the_password_is_not_told_in_the_form_in_which_it_is_sent(
    ollama_recorded: RecordedServer,
) -> None:
    ollama_recorded.always(lambda request: error(400, request.headers["Authorization"]))
    with pytest.raises(ModelRequestError, match=re.escape("status 400: Basic ***")):
        ask(ollama_recorded, connection=with_secrets(ollama_recorded))


def test_a_connection_does_not_show_its_secrets(ollama_recorded: RecordedServer) -> None:
    connection = OLLAMA.connect(ollama_recorded, **with_secrets(ollama_recorded))
    assert CANARY not in f"{connection!r} {connection} {connection._settings()!r}"
    assert CANARY not in connection._settings().key()
    wrong: dict[str, Any] = {"base_url": f"ftp://me:{CANARY}@x", "api_key": HEADER_CANARY}
    with pytest.raises(ValueError) as caught:
        OllamaChatModelConnection(**wrong)
    assert CANARY not in str(caught.value) + repr(caught.value)
    assert HEADER_CANARY not in str(caught.value) + repr(caught.value)

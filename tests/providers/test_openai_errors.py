"""OpenAI: every fault of a server becomes an error that says what to do, and keeps the key."""

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
from tests.providers.asking import KEY, OpenAIChatModelConnection, ask, openai_connection
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    HTML,
    SECRETS,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.openai_protocol import completion, error, overloaded, text
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedServer,
    Reset,
    Silence,
    Step,
)

FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    ("401", error(401, "Incorrect API key."), ModelRequestError, "status 401.*OPENAI_API_KEY"),
    ("403", error(403, "Not allowed."), ModelRequestError, "status 403.*allowed to use"),
    ("404", error(404, "No such model."), ModelRequestError, "No such model.*api_base_url"),
    (
        "400 that names the parameter",
        error(400, "Unsupported value.", param="temperature"),
        ModelRequestError,
        re.escape("additional_kwargs={'temperature': None}"),
    ),
    ("422", Answer.of({"detail": "bad"}, 422), ModelRequestError, "status 422: bad"),
    ("408", error(408, "Too slow."), ModelTimeoutError, "status 408"),
    ("429", overloaded(429), ModelUnavailableError, "status 429.*max_retries"),
    (
        "429 for good",
        error(429, "No money.", code="insufficient_quota"),
        ModelUnavailableError,
        "No money.*billing",
    ),
    ("500", overloaded(500), ModelUnavailableError, "status 500.*server's state"),
    ("a gateway's page", HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s.*Raise timeout"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed: .*api_base_url"),
    ("half a body", HalfAnswer(text()), ModelUnavailableError, "the connection failed"),
    ("bad JSON", Answer(b'{"choices": ['), ModelOutputError, "cannot read the answer"),
    ("a page", Answer(b"<html>", content_type="text/html"), ModelOutputError, "<html>"),
    ("no text", Answer(b"\xff\xfe"), ModelOutputError, "cannot read the answer"),
    ("nothing", Answer(b""), ModelOutputError, "cannot read the answer: .*: nothing"),
    ("JSON of another kind", Answer.of([1]), ModelOutputError, "no JSON object"),
    ("no choices", Answer.of({"choices": []}), ModelOutputError, "no choices"),
    ("an odd choice", Answer.of({"choices": [1]}), ModelOutputError, "no message"),
    (
        "an odd message",
        completion({"tool_calls": [{"id": "1"}]}),
        ModelOutputError,
        "not of the expected form",
    ),
    ("odd content", completion({"content": 5}), ModelOutputError, "cannot read the answer"),
    (
        "an error in place of an answer",
        Answer.of({"error": {"message": "Upstream is down.", "code": 503}}),
        ModelUnavailableError,
        "status 503: Upstream is down",
    ),
    (
        "a refusal in place of an answer",
        Answer.of({"error": {"message": "Unknown model.", "code": 404}}),
        ModelRequestError,
        "Unknown model",
    ),
]


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    openai_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    openai_server.script(step)
    with pytest.raises(kind, match=told) as caught:
        ask(openai_server, setup={"model": "gpt-mine"}, connection={"timeout": 0.3})
    assert type(caught.value) is kind
    assert f"OpenAI model 'gpt-mine' at {openai_server.url}/v1: " in str(caught.value)


def test_an_error_names_the_request_and_the_attempts(openai_server: RecordedServer) -> None:
    failure = error(500, "Oh.", retry_after_ms="1")
    openai_server.script(failure, failure, failure)
    with pytest.raises(ModelUnavailableError, match="request id req_1 after 3 attempts: Oh"):
        ask(openai_server, connection={"max_retries": 2})


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        connection = OpenAIChatModelConnection(**KEY, api_base_url=url, max_retries=0)
        with pytest.raises(ModelUnavailableError, match="Check that the server runs"):
            connection.chat([ChatMessage(content="Hi.")], model="m")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "no model is named"),
        ({"model": "m", "stream": True}, "stream cannot be set: call achat_stream"),
        ({"model": "m", "metadata": {1, 2}}, "could not be sent: TypeError"),
        ({"model": "m", "user": "\ud800"}, "could not be sent: UnicodeEncodeError"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(
    openai_server: RecordedServer, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(ModelRequestError, match=told):
        openai_connection(openai_server).chat([ChatMessage(content="Hi.")], **arguments)
    assert openai_server.requests == []


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_error_tells_a_secret(openai_server: RecordedServer, status: int) -> None:
    openai_server.always(lambda request: echo(request, status))
    assert_fails_without_a_secret(lambda: ask(openai_server, connection=SECRETS))


def test_a_secret_is_not_told_in_part_where_a_long_text_is_cut(
    openai_server: RecordedServer,
) -> None:
    for before in range(480, 500, 3):
        openai_server.script(error(400, "x" * before + CANARY))
        with pytest.raises(ModelRequestError) as caught:
            ask(openai_server, connection={"api_key": CANARY})
        assert CANARY[:6] not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS_WITH_SECRETS)
def test_no_fault_tells_a_secret(openai_server: RecordedServer, fault: str) -> None:
    openai_server.always(FAULTS_WITH_SECRETS[fault])
    assert_fails_without_a_secret(lambda: ask(openai_server, connection=SECRETS))


def test_a_request_that_is_not_sent_tells_no_secret(openai_server: RecordedServer) -> None:
    assert_fails_without_a_secret(lambda: ask(openai_server, connection=SECRETS, user="\ud800"))


def test_a_connection_does_not_show_its_secrets(openai_server: RecordedServer) -> None:
    connection = openai_connection(
        openai_server, api_key=CANARY, default_headers={"X-Gateway-Token": HEADER_CANARY}
    )
    shown = f"{connection!r} {connection} {connection._settings()!r} {connection.model_dump()}"
    assert CANARY not in shown
    assert HEADER_CANARY not in repr(connection) + repr(connection._settings())
    assert CANARY not in connection._settings().key()
    wrong: dict[str, Any] = {"api_key": CANARY, "timeout": "soon", "endpoint": CANARY}
    with pytest.raises(ValueError) as caught:
        OpenAIChatModelConnection(**wrong)
    assert CANARY not in str(caught.value) + repr(caught.value)


def test_user_and_password_of_the_url_are_not_shown(openai_server: RecordedServer) -> None:
    openai_server.script(error(400, "No."))
    url = openai_server.url.replace("http://", f"http://me:{CANARY}@") + "/v1"
    with pytest.raises(ModelRequestError) as caught:
        ask(openai_server, connection={"api_base_url": url})
    assert CANARY not in str(caught.value)
    assert openai_server.url in str(caught.value)

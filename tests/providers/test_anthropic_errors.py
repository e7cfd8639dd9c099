"""Anthropic: every fault of a server becomes an error that says what to do, and keeps the key."""

from __future__ import annotations

import logging
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
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection
from tests.providers import asking
from tests.providers.anthropic_protocol import (
    ANTHROPIC,
    KEY,
    answer,
    error,
    overloaded,
    problem,
    text,
)
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    HTML,
    SECRETS,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedServer,
    Reset,
    Silence,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=ANTHROPIC, **arguments)


FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    ("401", error(401, "invalid x-api-key"), ModelRequestError, "status 401.*ANTHROPIC_API_KEY"),
    ("402", error(402, "No money."), ModelRequestError, "status 402.*billing"),
    ("403", error(403, "Not allowed."), ModelRequestError, "status 403.*allowed to use"),
    ("404", error(404, "model: x"), ModelRequestError, "model: x.*name of the model.*api_base_url"),
    ("413", error(413, "Too large."), ModelRequestError, "status 413.*Shorten"),
    (
        "400 that names the parameter",
        error(400, "`temperature` is deprecated for this model."),
        ModelRequestError,
        re.escape("additional_kwargs={'temperature': None}"),
    ),
    ("400", error(400, "messages: bad"), ModelRequestError, "messages: bad.*chat model setup"),
    ("422", Answer.of({"detail": "bad"}, 422), ModelRequestError, "status 422: bad"),
    ("408", error(408, "Too slow."), ModelTimeoutError, "status 408"),
    ("429", overloaded(429), ModelUnavailableError, "status 429.*max_retries"),
    ("500", overloaded(500), ModelUnavailableError, "status 500.*server's state"),
    ("529", overloaded(529), ModelUnavailableError, "status 529.*overloaded: raise max_retries"),
    ("a gateway's page", HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s.*Raise timeout"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed: .*api_base_url"),
    ("half a body", HalfAnswer(text()), ModelUnavailableError, "the connection failed"),
    ("bad JSON", Answer(b'{"content": ['), ModelOutputError, "cannot read the answer"),
    ("a page", Answer(b"<html>", content_type="text/html"), ModelOutputError, "<html>"),
    ("no text", Answer(b"\xff\xfe"), ModelOutputError, "cannot read the answer"),
    ("nothing", Answer(b""), ModelOutputError, "cannot read the answer: .*: nothing"),
    ("JSON of another kind", Answer.of([1]), ModelOutputError, "no JSON object"),
    ("no content", Answer.of({"choices": []}), ModelOutputError, "no content"),
    ("an odd block", Answer.of({"content": [1]}), ModelOutputError, "not of the expected form"),
    ("an odd call", answer({"type": "tool_use"}), ModelOutputError, "not of the expected form"),
    ("odd text", answer({"type": "text", "text": 5}), ModelOutputError, "not of the expected form"),
    (
        "an error in place of an answer",
        Answer.of(problem("overloaded_error", "Busy.")),
        ModelUnavailableError,
        "status 529, request id req_body: Busy",
    ),
    (
        "a refusal in place of an answer",
        Answer.of(problem("not_found_error", "model: x")),
        ModelRequestError,
        "status 404, request id req_body: model: x",
    ),
    (
        "a gateway's error in place of an answer",
        Answer.of({"error": {"message": "Upstream is down.", "code": 503}}),
        ModelUnavailableError,
        "status 503: Upstream is down",
    ),
]


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    anthropic_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    anthropic_server.script(step)
    with pytest.raises(kind, match=told) as caught:
        ask(anthropic_server, setup={"model": "claude-mine"}, connection={"timeout": 0.3})
    assert type(caught.value) is kind
    assert f"Anthropic model 'claude-mine' at {anthropic_server.url}: " in str(caught.value)


def test_an_error_names_the_request_and_the_attempts(anthropic_server: RecordedServer) -> None:
    failure = error(500, "Oh.", retry_after_ms="1")
    anthropic_server.script(failure, failure, failure)
    with pytest.raises(ModelUnavailableError, match="request id req_1 after 3 attempts: Oh"):
        ask(anthropic_server, connection={"max_retries": 2})


def test_the_timeout_of_a_call_wins_over_that_of_the_connection(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(Silence())
    with pytest.raises(ModelTimeoutError, match=r"no answer within 0\.2 s"):
        ask(anthropic_server, timeout=0.2)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        connection = AnthropicChatModelConnection(**KEY, api_base_url=url, max_retries=0)
        with pytest.raises(ModelUnavailableError, match="Check that the server runs"):
            connection.chat([ChatMessage(content="Hi.")], model="m", max_tokens=5)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"model": None}, "no model is named"),
        ({"max_tokens": None}, "max_tokens is missing"),
        ({"stream": True}, "call achat_stream"),
        ({"metadata": {"user_id": object()}}, "could not be sent: TypeError"),
        ({"service_tier": "\ud800"}, "could not be sent: UnicodeEncodeError"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(
    anthropic_server: RecordedServer, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(ModelRequestError, match=told):
        ask(anthropic_server, **arguments)
    assert anthropic_server.requests == []


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_error_tells_a_secret(anthropic_server: RecordedServer, status: int) -> None:
    anthropic_server.always(lambda request: echo(request, status))
    assert_fails_without_a_secret(lambda: ask(anthropic_server, connection=SECRETS))


@pytest.mark.parametrize("fault", FAULTS_WITH_SECRETS)
def test_no_fault_tells_a_secret(anthropic_server: RecordedServer, fault: str) -> None:
    anthropic_server.always(FAULTS_WITH_SECRETS[fault])
    assert_fails_without_a_secret(lambda: ask(anthropic_server, connection=SECRETS))


def test_a_request_that_is_not_sent_tells_no_secret(anthropic_server: RecordedServer) -> None:
    assert_fails_without_a_secret(
        lambda: ask(anthropic_server, connection=SECRETS, service_tier="\ud800")
    )


def test_a_secret_is_not_told_in_part_where_a_long_text_is_cut(
    anthropic_server: RecordedServer,
) -> None:
    for before in range(480, 500, 3):
        anthropic_server.script(error(400, "x" * before + CANARY))
        with pytest.raises(ModelRequestError) as caught:
            ask(anthropic_server, connection={"api_key": CANARY})
        assert CANARY[:6] not in str(caught.value)


def test_a_connection_does_not_show_its_secrets(anthropic_server: RecordedServer) -> None:
    connection = ANTHROPIC.connect(anthropic_server, **SECRETS)
    shown = f"{connection!r} {connection} {connection._settings()!r} {connection.model_dump()}"
    assert CANARY not in shown
    assert HEADER_CANARY not in repr(connection) + repr(connection._settings())
    assert CANARY not in connection._settings().key()
    wrong: dict[str, Any] = {"api_key": CANARY, "timeout": "soon", "endpoint": CANARY}
    with pytest.raises(ValueError) as caught:
        AnthropicChatModelConnection(**wrong)
    assert CANARY not in str(caught.value) + repr(caught.value)


def test_a_url_with_user_and_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="Authorization in default_headers") as caught:
        AnthropicChatModelConnection(**KEY, api_base_url=f"https://me:{CANARY}@gateway.example")
    assert CANARY not in str(caught.value) + repr(caught.value)


def test_the_sdk_logs_no_secret(
    anthropic_server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anthropic_server.script(text())
    ask(anthropic_server, connection={"api_key": CANARY}, extra_headers={"X-Call": HEADER_CANARY})
    assert "'X-Call': '***'" in caplog.text
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text

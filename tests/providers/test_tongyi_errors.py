"""Tongyi: every fault of a server becomes an error that says what to do, and keeps the key."""

from __future__ import annotations

import json
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
from flink_agents.integrations.chat_models.tongyi_chat_model import TongyiChatModelConnection
from tests.providers import asking
from tests.providers.dashscope_protocol import (
    KEY,
    TONGYI,
    completion,
    error,
    overloaded,
    streamed,
    text,
)
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    HTML,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
    RecordedServer,
    Reset,
    Silence,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=TONGYI, **arguments)


def reported(code: str, message: str) -> Answer:
    """An error that comes as if it were an answer."""
    return Answer.of({"code": code, "message": message, "request_id": "req_1"})


FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    (
        "401",
        error(401, "Invalid API-key.", code="InvalidApiKey"),
        ModelRequestError,
        "status 401, request id req_1: InvalidApiKey: Invalid API-key.*DASHSCOPE_API_KEY",
    ),
    ("403", error(403, "No.", code="AccessDenied"), ModelRequestError, "403.*allowed to use"),
    (
        "404",
        error(404, "Model not exist.", code="ModelNotFound"),
        ModelRequestError,
        "ModelNotFound: Model not exist.*name of the model.*base_url",
    ),
    ("400", error(400, "Bad."), ModelRequestError, "InvalidParameter: Bad.*additional_kwargs"),
    (
        "400 for a bill",
        error(400, "Access denied, make sure your account is in good standing", code="Arrearage"),
        ModelRequestError,
        "Arrearage.*balance",
    ),
    (
        "400 for thinking",
        error(400, "parameter.enable_thinking must be set to false for non-streaming calls"),
        ModelRequestError,
        "extract_reasoning=True.*'enable_thinking': False",
    ),
    (
        "400 for JSON mode",
        error(400, "response_format is not supported"),
        ModelRequestError,
        re.escape("additional_kwargs={'response_format': None}"),
    ),
    ("422", Answer.of({"detail": "bad"}, 422), ModelRequestError, "status 422: bad"),
    ("408", error(408, "Slow.", code="RequestTimeOut"), ModelTimeoutError, "status 408"),
    ("429", overloaded(429), ModelUnavailableError, "status 429.*Throttling.*max-in-flight"),
    ("500", overloaded(500), ModelUnavailableError, "status 500.*server's state"),
    ("a gateway's page", HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    ("a redirect", Answer(b"Moved.", status=304), ModelRequestError, "status 304"),
    ("an odd error", Answer.of([1], 400), ModelRequestError, r"status 400: \[1\]"),
    (
        "a gateway's error",
        Answer.of({"error": {"message": "No."}}, 400),
        ModelRequestError,
        "status 400: No",
    ),
    (
        "an error in place of an answer",
        reported("InternalError.Algo", "Oh."),
        ModelUnavailableError,
        "status 500, request id req_1: InternalError.Algo: Oh",
    ),
    (
        "a refusal in place of an answer",
        reported("InvalidParameter", "Bad."),
        ModelRequestError,
        "status 400.*InvalidParameter: Bad",
    ),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s.*Raise request_timeout"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed after 2 attempts.*base_url"),
    ("half a body", HalfAnswer(text()), ModelUnavailableError, "the connection failed: "),
    (
        "bad JSON",
        Answer(b'{"output": ['),
        ModelOutputError,
        "cannot read the answer: it is no JSON",
    ),
    ("a page", Answer(b"<html>", content_type="text/html"), ModelOutputError, "<html>"),
    ("no text", Answer(b"\xff\xfe"), ModelOutputError, "cannot read the answer"),
    ("nothing", Answer(b""), ModelOutputError, "cannot read the answer: .*: nothing"),
    ("JSON of another kind", Answer.of([1]), ModelOutputError, "it has no output"),
    ("no output", Answer.of({"output": None}), ModelOutputError, "it has no output"),
    ("no choices", Answer.of({"output": {"choices": []}}), ModelOutputError, "no choices"),
    ("an odd choice", Answer.of({"output": {"choices": [1]}}), ModelOutputError, "expected form"),
    ("no message", Answer.of({"output": {"choices": [{}]}}), ModelOutputError, "no message"),
    (
        "an odd message",
        completion({"tool_calls": [{"id": "1"}]}),
        ModelOutputError,
        "not of the expected form",
    ),
    ("odd content", completion({"content": 5}), ModelOutputError, "cannot read the answer"),
    (
        "odd usage",
        Answer.of({"output": {"choices": []}, "usage": [1]}),
        ModelOutputError,
        "expected form",
    ),
    (
        "the wrong kind",
        Answer(b'{"output": {"choices": []}}', content_type="text/plain"),
        ModelOutputError,
        "cannot read the answer.*text/plain",
    ),
    ("a stream", streamed({"content": "Hi"}), ModelOutputError, "it is no JSON: id:1"),
]


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    dashscope_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    dashscope_server.always(lambda _: step)
    with pytest.raises(kind, match=told) as caught:
        ask(dashscope_server, setup={"model": "qwen-mine"}, connection={"request_timeout": 0.3})
    assert type(caught.value) is kind
    assert f"Tongyi model 'qwen-mine' at {dashscope_server.url}/api/v1: " in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api/v1"
        connection = TongyiChatModelConnection(**KEY, base_url=url)
        with pytest.raises(ModelUnavailableError, match="Check that the server runs"):
            connection.chat([ChatMessage(content="Hi.")], model="m")


@pytest.mark.parametrize(
    "step", [overloaded(429), overloaded(500), Silence(), HalfAnswer(text()), Answer(b"")]
)
def test_what_the_server_answered_is_not_asked_again(
    dashscope_server: RecordedServer, step: Step
) -> None:
    dashscope_server.script(step, text())
    with pytest.raises(ModelError):
        ask(dashscope_server, connection={"request_timeout": 0.3})
    assert len(dashscope_server.requests) == 1


def test_a_request_whose_connection_was_lost_is_sent_once_more(
    dashscope_server: RecordedServer,
) -> None:
    dashscope_server.script(Reset(), text("At last."))
    assert ask(dashscope_server).content == "At last."
    dashscope_server.script(Reset(), Reset(), text())
    with pytest.raises(ModelUnavailableError, match="after 2 attempts"):
        ask(dashscope_server)
    assert len(dashscope_server.requests) == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "no model is named"),
        ({"model": "m", "stream": True}, "stream cannot be set: call achat_stream"),
        ({"model": "m", "session": 1}, "session cannot be set"),
        ({"model": "m", "stop": {1, 2}}, "could not be sent: TypeError"),
        ({"model": "m", "stop": "\ud800"}, "could not be sent: UnicodeEncodeError"),
        ({"model": "m", "headers": {"X-Run": "a\nb"}}, "could not be sent: ValueError"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(
    dashscope_server: RecordedServer, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(ModelRequestError, match=told):
        TONGYI.connect(dashscope_server).chat([ChatMessage(content="Hi.")], **arguments)
    assert dashscope_server.requests == []


SECRETS: dict[str, Any] = {
    "connection": {"api_key": CANARY, "request_timeout": 0.3},
    "headers": {"X-Gateway-Token": HEADER_CANARY},
}


def _echo(request: RecordedRequest, status: int) -> Answer:
    said = json.loads(echo(request, status).body)["error"]["message"]
    return error(status, said, code=str(dict(request.headers)))


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
@pytest.mark.parametrize("thinks", [False, True])
def test_no_error_and_no_log_tells_a_secret(
    dashscope_server: RecordedServer, caplog: pytest.LogCaptureFixture, status: int, thinks: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    dashscope_server.always(lambda request: _echo(request, status))
    assert_fails_without_a_secret(
        lambda: ask(dashscope_server, extract_reasoning=thinks, **SECRETS)
    )
    assert "Starting request" in caplog.text
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text


@pytest.mark.parametrize("fault", [*FAULTS_WITH_SECRETS, "not sent"])
def test_no_fault_tells_a_secret(
    dashscope_server: RecordedServer, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    dashscope_server.always(FAULTS_WITH_SECRETS.get(fault, lambda _: text()))
    arguments: dict[str, Any] = {"user": "\ud800"} if fault == "not sent" else {}
    assert_fails_without_a_secret(lambda: ask(dashscope_server, **SECRETS, **arguments))
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text


def test_a_failure_that_is_raised_is_not_logged_too(
    dashscope_server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    dashscope_server.script(overloaded(500))
    with pytest.raises(ModelUnavailableError):
        ask(dashscope_server)
    assert caplog.records == []
    logging.getLogger("dashscope").error("of somebody else")
    assert [record.getMessage() for record in caplog.records] == ["of somebody else"]


def test_a_connection_does_not_show_its_secrets(dashscope_server: RecordedServer) -> None:
    connection = TONGYI.connect(dashscope_server, api_key=CANARY)
    assert CANARY not in f"{connection!r} {connection} {connection.model_dump()}"
    wrong: dict[str, Any] = {"api_key": CANARY, "request_timeout": "soon", "endpoint": CANARY}
    with pytest.raises(ValueError) as caught:
        TongyiChatModelConnection(**wrong)
    assert CANARY not in str(caught.value) + repr(caught.value)

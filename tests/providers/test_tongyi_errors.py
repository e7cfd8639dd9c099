"""Tongyi: every fault of a server becomes an error that says what to do, and keeps the key."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from tests.providers import asking
from tests.providers.dashscope_protocol import (
    TONGYI,
    completion,
    error,
    overloaded,
    streamed,
    text,
)
from tests.providers.faults import (
    CANARY,
    HEADER_CANARY,
    Fault,
    assert_fails,
    assert_fails_without_a_secret,
    each_fault,
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


FAULTS: list[Fault] = [
    (
        "404",
        error(404, "Model not exist.", code="ModelNotFound"),
        ModelRequestError,
        "status 404, request id req_1: ModelNotFound: Model not exist.*name of the model.*base_url",
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
    ("reset", Reset(), ModelUnavailableError, "the connection failed after 2 attempts.*base_url"),
    (
        "bad JSON",
        Answer(b'{"output": ['),
        ModelOutputError,
        "cannot read the answer: it is no JSON",
    ),
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


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    dashscope_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    dashscope_server.always(lambda _: step)
    assert_fails(lambda: ask(dashscope_server), kind, told)


@pytest.mark.parametrize(
    "step",
    [overloaded(429), overloaded(500), Silence(), HalfAnswer(text()), Answer(b"")],
    ids=["429", "500", "silence", "half", "nothing"],
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
        ({"model": "m", "session": 1}, "session cannot be set"),
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


def test_a_failure_that_is_raised_is_not_logged_too(
    dashscope_server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    dashscope_server.script(overloaded(500))
    with pytest.raises(ModelUnavailableError):
        ask(dashscope_server)
    assert _logged(caplog) == []
    logging.getLogger("dashscope").error("of somebody else")
    assert _logged(caplog) == ["of somebody else"]


def _logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, but for the lines of the test's own server."""
    return [r.getMessage() for r in caplog.records if r.name != "aiohttp.access"]

"""Anthropic: every fault of a server becomes an error that says what to do, and keeps the key."""

from __future__ import annotations

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
from tests.providers.anthropic_protocol import (
    ANTHROPIC,
    answer,
    error,
    overloaded,
    problem,
    text,
)
from tests.providers.faults import (
    CANARY,
    HEADER_CANARY,
    Fault,
    assert_fails,
    each_fault,
)
from tests.providers.recorded_server import (
    Answer,
    RecordedServer,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=ANTHROPIC, **arguments)


FAULTS: list[Fault] = [
    ("402", error(402, "No money."), ModelRequestError, "status 402.*billing"),
    ("404", error(404, "model: x"), ModelRequestError, "model: x.*name of the model.*api_base_url"),
    ("413", error(413, "Too large."), ModelRequestError, "status 413.*Shorten"),
    (
        "400 that names the parameter",
        error(400, "`temperature` is deprecated for this model."),
        ModelRequestError,
        re.escape("additional_kwargs={'temperature': None}"),
    ),
    ("400", error(400, "messages: bad"), ModelRequestError, "messages: bad.*chat model setup"),
    ("529", overloaded(529), ModelUnavailableError, "status 529.*overloaded: raise max_retries"),
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


@each_fault(FAULTS)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    anthropic_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    anthropic_server.script(step)
    assert_fails(lambda: ask(anthropic_server), kind, told)


def test_a_request_without_max_tokens_is_refused(anthropic_server: RecordedServer) -> None:
    with pytest.raises(ModelRequestError, match="max_tokens is missing"):
        ask(anthropic_server, max_tokens=None)
    assert anthropic_server.requests == []


def test_the_sdk_logs_no_secret(
    anthropic_server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anthropic_server.script(text())
    ask(anthropic_server, connection={"api_key": CANARY}, extra_headers={"X-Call": HEADER_CANARY})
    assert "'X-Call': '***'" in caplog.text
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text

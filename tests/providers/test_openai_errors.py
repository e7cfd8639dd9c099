"""OpenAI and Azure AI: faults of their servers, beside those in ``test_faults.py``."""

from __future__ import annotations

import re

import pytest

from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelUnavailableError,
)
from tests.providers.asking import ask
from tests.providers.every_provider import BY_NAME, Provider, each_provider
from tests.providers.faults import (
    Fault,
    assert_fails,
    each_fault,
)
from tests.providers.openai_protocol import completion, error
from tests.providers.recorded_server import (
    Answer,
    RecordedServer,
    Step,
)

FAULTS_OF_BOTH: list[Fault] = [
    (
        "400 that names the parameter",
        error(400, "Unsupported value.", param="temperature"),
        ModelRequestError,
        re.escape("additional_kwargs={'temperature': None}"),
    ),
    (
        "429 for good",
        error(429, "No money.", code="insufficient_quota"),
        ModelUnavailableError,
        "No money.*billing",
    ),
    (
        "the content filter",
        error(400, "The prompt triggered the filter.", code="content_filter"),
        ModelRequestError,
        "triggered the filter",
    ),
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


@each_provider([BY_NAME["OpenAI"], BY_NAME["Azure"]])
@each_fault(FAULTS_OF_BOTH)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    provider: Provider, server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    server.script(step)
    assert_fails(lambda: ask(server, provider=provider.asked), kind, told)


@pytest.mark.parametrize(
    ("provider", "advice"),
    [
        (BY_NAME["OpenAI"], "No such model.*api_base_url"),
        (BY_NAME["Azure"], "No such model.*endpoint.*deployed"),
    ],
    ids=str,
)
def test_a_model_that_is_not_there_is_looked_for_where_the_url_leads(
    provider: Provider, server: RecordedServer, advice: str
) -> None:
    server.script(error(404, "No such model."))
    with pytest.raises(ModelRequestError, match=advice):
        ask(server, provider=provider.asked)

"""Azure AI: faults become errors that name Azure and its arguments, and keep the key."""

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
from flink_agents.integrations.chat_models.azure import AzureChatModelConnection
from tests.providers import asking
from tests.providers.azure_protocol import AZURE, KEY
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    HTML,
    SECRETS,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.openai_protocol import error, overloaded, text
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedServer,
    Reset,
    Silence,
    Step,
)


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=AZURE, **arguments)


FAULTS: list[tuple[str, Step, type[ModelError], str]] = [
    ("401", error(401, "Wrong key."), ModelRequestError, "status 401.*AZURE_OPENAI_API_KEY"),
    ("403", error(403, "Not allowed."), ModelRequestError, "status 403.*allowed to use"),
    ("404", error(404, "No deployment."), ModelRequestError, "No deployment.*endpoint.*deployed"),
    (
        "400 that names the parameter",
        error(400, "Unsupported value.", param="temperature"),
        ModelRequestError,
        re.escape("additional_kwargs={'temperature': None}"),
    ),
    (
        "the content filter",
        error(400, "The prompt triggered the filter.", code="content_filter"),
        ModelRequestError,
        "triggered the filter",
    ),
    ("408", error(408, "Too slow."), ModelTimeoutError, "status 408"),
    ("429", overloaded(429), ModelUnavailableError, "status 429.*max_retries"),
    ("500", overloaded(500), ModelUnavailableError, "status 500.*server's state"),
    ("a gateway's page", HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    ("no answer", Silence(), ModelTimeoutError, r"no answer within 0\.3 s.*Raise timeout"),
    ("reset", Reset(), ModelUnavailableError, "the connection failed: .*endpoint is right"),
    ("half a body", HalfAnswer(text()), ModelUnavailableError, "the connection failed"),
    ("bad JSON", Answer(b'{"choices": ['), ModelOutputError, "endpoint leads to an endpoint"),
    ("no choices", Answer.of({"choices": []}), ModelOutputError, "no choices"),
]


@pytest.mark.parametrize(
    ("step", "kind", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    azure_server: RecordedServer, step: Step, kind: type[ModelError], told: str
) -> None:
    azure_server.script(step)
    with pytest.raises(kind, match=told) as caught:
        ask(azure_server, connection={"timeout": 0.3})
    assert type(caught.value) is kind
    where = f"Azure AI model 'my-deployment' at {azure_server.url}/openai/v1: "
    assert where in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        connection = AzureChatModelConnection(**KEY, endpoint=url, max_retries=0)
        with pytest.raises(ModelUnavailableError, match="Check that the server runs"):
            connection.chat([ChatMessage(content="Hi.")], model="m")


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_error_tells_a_secret(azure_server: RecordedServer, status: int) -> None:
    azure_server.always(lambda request: echo(request, status))
    assert_fails_without_a_secret(lambda: ask(azure_server, connection=SECRETS))


@pytest.mark.parametrize("fault", [*FAULTS_WITH_SECRETS, "not sent"])
def test_no_fault_tells_a_secret(azure_server: RecordedServer, fault: str) -> None:
    azure_server.always(FAULTS_WITH_SECRETS.get(fault, lambda _: text()))
    arguments: dict[str, Any] = {"user": "\ud800"} if fault == "not sent" else {}
    assert_fails_without_a_secret(lambda: ask(azure_server, connection=SECRETS, **arguments))


def test_a_connection_does_not_show_its_secrets(azure_server: RecordedServer) -> None:
    connection = AZURE.connect(azure_server, **SECRETS)
    request, call = connection._request([ChatMessage(content="Hi.")], None, {"model": "m"})
    shown = f"{connection!r} {connection} {connection._settings()!r} {request!r} {call!r}"
    assert CANARY not in shown + str(connection.model_dump())
    assert HEADER_CANARY not in shown


def test_no_log_tells_the_key(
    azure_server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    azure_server.script(text(), error(400, "No."))
    ask(azure_server, connection={"api_key": CANARY})
    with pytest.raises(ModelRequestError):
        ask(azure_server, connection={"api_key": CANARY})
    assert "HTTP Request" in caplog.text
    assert CANARY not in caplog.text

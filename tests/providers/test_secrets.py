"""Every provider: no error, no log and no connection tells a secret."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from flink_agents.exceptions import ModelRequestError
from tests.providers import asking
from tests.providers.every_provider import BY_NAME, PROVIDERS, Provider, each_provider
from tests.providers.faults import (
    CANARY,
    FAULTS_WITH_SECRETS,
    HEADER_CANARY,
    assert_fails_without_a_secret,
    echo,
)
from tests.providers.recorded_server import RecordedServer

streamed_or_not = pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])


def attempt(server: RecordedServer, provider: Provider, streams: bool, **more: Any) -> Any:
    ask = asking.ask_for_chunks if streams else asking.ask
    return ask(server, provider=provider.asked, **provider.secrets(server.url), **more)


@each_provider()
@streamed_or_not
@pytest.mark.parametrize("fault", ["200", "400", "401", "429", "500", *FAULTS_WITH_SECRETS])
def test_no_fault_tells_a_secret(
    provider: Provider,
    server: RecordedServer,
    caplog: pytest.LogCaptureFixture,
    streams: bool,
    fault: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    if fault.isdigit():
        server.always(lambda request: echo(request, int(fault)))
    else:
        server.always(FAULTS_WITH_SECRETS[fault])
    assert_fails_without_a_secret(lambda: attempt(server, provider, streams))
    assert server.requests
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text


@each_provider()
@streamed_or_not
def test_a_request_that_is_not_sent_tells_no_secret(
    provider: Provider, server: RecordedServer, streams: bool
) -> None:
    unsendable = {provider.unsendable: "\ud800"}
    assert_fails_without_a_secret(lambda: attempt(server, provider, streams, **unsendable))
    assert server.requests == []


@each_provider()
def test_a_secret_is_not_told_in_part_where_a_long_text_is_cut(
    provider: Provider, server: RecordedServer
) -> None:
    for before in range(470, 500, 3):
        server.script(provider.error(400, "x" * before + CANARY))
        with pytest.raises(ModelRequestError) as caught:
            attempt(server, provider, False)
        assert CANARY[:6] not in str(caught.value)


@each_provider()
def test_no_log_tells_a_secret(
    provider: Provider, server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(provider.text("Hello."))
    attempt(server, provider, False)
    assert server.url in caplog.text or "Hello." in caplog.text
    assert CANARY not in caplog.text
    assert HEADER_CANARY not in caplog.text


@each_provider()
def test_a_connection_does_not_show_its_secrets(provider: Provider) -> None:
    given = provider.asked.arguments("http://127.0.0.1:9")
    given |= provider.secrets(given[provider.url])["connection"]
    connection: Any = provider.asked.connection(**given)
    made = connection._request(asking.HI, None, dict(provider.call))
    shown = f"{connection!r} {connection} {made!r}"
    if "api_key" in provider.asked.connection.model_fields:
        shown += str({**connection.model_dump(), "default_headers": None})
    if hasattr(connection, "_settings"):
        shown += f"{connection._settings()!r} {connection._settings().key()}"
    assert CANARY not in shown
    assert HEADER_CANARY not in shown


@each_provider()
@pytest.mark.parametrize("wrong", ["url", "timeout", "name"])
def test_an_argument_that_is_refused_is_not_shown(provider: Provider, wrong: str) -> None:
    wrongs = {
        "url": {provider.url: f"ftp://me:{CANARY}@x"},
        "timeout": {provider.timeout: "soon"},
        "name": {"no_such_argument": CANARY},
    }
    given = provider.asked.arguments("http://127.0.0.1:9")
    given |= {**provider.secrets(given[provider.url])["connection"], **wrongs[wrong]}
    with pytest.raises(ValueError) as caught:
        provider.asked.connection(**given)
    assert CANARY not in str(caught.value) + repr(caught.value)
    assert HEADER_CANARY not in str(caught.value) + repr(caught.value)


@each_provider([one for one in PROVIDERS if one is not BY_NAME["Ollama"]])
@pytest.mark.parametrize("user", ["me", "", "\u2100"], ids=["user", "no user", "no user name"])
def test_a_url_with_user_and_password_is_refused_and_not_shown(
    provider: Provider, user: str
) -> None:
    url = f"https://{user}:{CANARY}@gateway.example/openai/v1"
    given = {**provider.asked.arguments(url), provider.url: url}
    with pytest.raises(ValueError, match=f"{provider.url} (has a user name|is no URL)") as caught:
        provider.asked.connection(**given)
    assert CANARY not in str(caught.value) + repr(caught.value)

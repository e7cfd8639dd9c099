"""Every provider: a fault of the server becomes an error that says what to do.

What only one provider's servers do is in its ``test_*_errors.py``.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from tests.providers import asking
from tests.providers.every_provider import REPEATING, Provider, each_provider
from tests.providers.faults import HTML, assert_fails
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedServer,
    Reset,
    Silence,
    Step,
)

Made = Callable[[Provider], Step]

#: What a server does before an answer begins, the error, and what that tells; in braces: names of
#: the connection's arguments, and what to do about the rate.
BEFORE_AN_ANSWER: dict[str, tuple[Made, type[ModelError], str]] = {
    "401": (lambda p: p.error(401, "No."), ModelRequestError, "status 401.*{key}"),
    "403": (lambda p: p.error(403, "No."), ModelRequestError, "status 403.*allowed to use"),
    "408": (lambda p: p.error(408, "Slow."), ModelTimeoutError, "status 408"),
    "422": (lambda _: Answer.of({"detail": "bad"}, 422), ModelRequestError, "status 422: bad"),
    "429": (lambda p: p.overloaded(429), ModelUnavailableError, "status 429.*{rate}"),
    "500": (lambda p: p.overloaded(500), ModelUnavailableError, "status 500.*server's state"),
    "a gateway's page": (lambda _: HTML, ModelUnavailableError, "status 502.*Bad gateway"),
    "no answer": (lambda _: Silence(), ModelTimeoutError, r"within 0\.3 s.*Raise {timeout}"),
    "reset": (lambda _: Reset(), ModelUnavailableError, "the connection failed.*{url}"),
}
UNREADABLE: dict[str, tuple[Made, type[ModelError], str]] = {
    "half a body": (lambda p: HalfAnswer(p.text("Hello.")), ModelUnavailableError, "failed"),
    "bad JSON": (lambda _: Answer(b'{"content": ['), ModelOutputError, "cannot read the answer"),
    "a page": (
        lambda _: Answer(b"<html>", content_type="text/html"),
        ModelOutputError,
        "cannot read.*: <html>. Check that {url} leads to",
    ),
    "no text": (lambda _: Answer(b"\xff\xfe"), ModelOutputError, "cannot read the answer"),
    "nothing": (lambda _: Answer(b""), ModelOutputError, "cannot read the answer: .*: nothing"),
    "JSON of another kind": (
        lambda _: Answer.of([1]),
        ModelOutputError,
        "no JSON object|it has no output",
    ),
}


def attempt(server: RecordedServer, provider: Provider, fault: str, streams: bool) -> None:
    """Ask the model ``mine``; where there will be no answer, for 0.3 seconds."""
    ask = asking.ask_for_chunks if streams else asking.ask
    connection = {provider.timeout: 0.3} if fault == "no answer" else {}
    ask(server, provider=provider.asked, setup={"model": "mine"}, connection=connection)


@each_provider()
@pytest.mark.parametrize(
    ("fault", "streams"),
    [(fault, streams) for fault in BEFORE_AN_ANSWER for streams in (False, True)]
    + [(fault, False) for fault in UNREADABLE],
    ids=lambda value: {True: "streamed", False: "whole"}.get(value, value),
)
def test_a_fault_becomes_an_error_that_says_what_to_do(
    provider: Provider, server: RecordedServer, fault: str, streams: bool
) -> None:
    make, kind, told = {**BEFORE_AN_ANSWER, **UNREADABLE}[fault]
    server.always(lambda _: make(provider))
    names = {"key": provider.key, "url": provider.url, "timeout": provider.timeout}
    told = told.format(**names, rate="max_retries" if provider.retries else "max-in-flight")
    error = assert_fails(lambda: attempt(server, provider, fault, streams), kind, told)
    place = provider.asked.arguments(server.url)[provider.url]
    assert error.startswith(provider.name)
    assert f" model 'mine' at {place}: " in error
    lost = fault == "reset"
    assert len(server.requests) == (1 + provider.repeats if lost and not provider.retries else 1)


@each_provider()
def test_a_server_that_is_not_there_is_unavailable(provider: Provider) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        given = provider.asked.arguments(f"http://127.0.0.1:{free.getsockname()[1]}")
        model = provider.asked.set_up(provider.asked.connection(**given))
        with pytest.raises(ModelUnavailableError, match="Check that the server runs"):
            model.chat(asking.HI)


@each_provider(REPEATING)
def test_an_error_names_the_request_and_the_attempts(
    provider: Provider, server: RecordedServer
) -> None:
    failure: Any = provider.error
    server.always(lambda _: failure(500, "Oh.", retry_after_ms="1"))
    with pytest.raises(ModelUnavailableError, match="request id req_1 after 3 attempts: Oh"):
        asking.ask(server, provider=provider.asked, connection={"max_retries": 2})


@each_provider(REPEATING)
@pytest.mark.parametrize("retries", [0, 2, 3])
def test_max_retries_is_the_number_of_repeated_requests(
    provider: Provider, server: RecordedServer, retries: int
) -> None:
    server.script(*[provider.overloaded(429)] * retries, provider.text("At last."))
    answer = asking.ask(server, provider=provider.asked, connection={"max_retries": retries})
    assert answer.content == "At last."
    assert len(server.requests) == retries + 1


@each_provider()
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"model": None}, "no model is named"),
        ({"stream": True}, "stream"),
        (object(), "could not be sent: TypeError"),
        ("\ud800", "could not be sent: UnicodeEncodeError"),
    ],
    ids=["no model", "stream", "no JSON", "no text"],
)
def test_a_request_that_cannot_be_made_is_refused(
    provider: Provider, server: RecordedServer, value: Any, told: str
) -> None:
    arguments = value if isinstance(value, dict) else {provider.unsendable: value}
    with pytest.raises(ModelRequestError, match=told):
        asking.ask(server, provider=provider.asked, **arguments)
    assert server.requests == []

"""One call of a chat model, as its errors tell it: who, where, what happened, what to check."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)

_SHOWN_CHARS = 500
#: Shorter ones would hit ordinary words, and protect nothing.
_SECRET_CHARS = 6


@dataclass(frozen=True)
class Provider:
    """How a provider and the arguments of its connection are called in errors.

    Attributes:
        name: For the reader.
        server: What kind of server is expected at the URL.
        url: The argument with the URL of the server, and what it looks like.
        key: Where the credentials come from; None if there are none.
        timeout: The argument with the seconds that a call may take.
        retries: The argument with the number of repetitions; None if there is none.
        optional: Parameters of the request that may be left out by setting them to None in
            ``additional_kwargs``.
    """

    name: str
    server: str
    url: str
    key: str | None = None
    timeout: str = "timeout"
    retries: str | None = None
    optional: frozenset[str] = frozenset()

    @property
    def url_argument(self) -> str:
        """Name of the argument with the URL."""
        return self.url.partition(",")[0]


@dataclass(frozen=True)
class ModelCall:
    """A call, for the errors it may end with.

    Attributes:
        provider: Who is asked.
        model: Name of the model.
        base_url: Of the server; credentials and query in it are not shown.
        timeout: Seconds that the call had for each attempt.
        secrets: Texts that must not be in an error.
    """

    provider: Provider
    model: str
    base_url: str = field(repr=False)
    timeout: float
    secrets: Sequence[str] = field(default=(), repr=False)

    def request_error(self, problem: str, advice: str = "") -> ModelRequestError:
        """The request cannot be made or was refused."""
        return ModelRequestError(self._text(problem, advice))

    @contextmanager
    def making_request(self) -> Generator[None, None, None]:
        """A block in which a ValueError tells why the request cannot be made.

        Raises:
            ModelRequestError: In its place.
        """
        try:
            yield
        except ValueError as error:
            raise self.request_error(f"the request cannot be made: {error}") from error

    def send_error(self, error: Exception) -> ModelRequestError:
        """The request could not be written."""
        return self.request_error(
            f"the request could not be sent: {type(error).__name__}: {error}",
            "Check the messages, additional_kwargs and default_headers.",
        )

    def output_error(self, problem: str, body: bytes | str) -> ModelOutputError:
        """The answer cannot be read."""
        text = body if isinstance(body, str) else body.decode(errors="replace")
        advice = f"Check that {self.provider.url_argument} leads to {self.provider.server}."
        shown = self._shown(text) or "nothing"
        return ModelOutputError(self._text(f"cannot read the answer: {problem}: {shown}", advice))

    def timeout_error(self, attempts: int = 1) -> ModelTimeoutError:
        """There was no answer in time."""
        return ModelTimeoutError(
            self._text(
                f"no answer within {self.timeout:g} s{_after(attempts)}",
                f"Raise {self.provider.timeout}, or check the server's load.",
            )
        )

    def connection_error(self, cause: BaseException, attempts: int = 1) -> ModelUnavailableError:
        """The server was not reached, or the connection broke.

        Args:
            cause: What was raised. It is told with the innermost of its causes.
            attempts: How often it was tried.
        """
        while cause.__cause__ is not None:
            cause = cause.__cause__
        text = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
        return ModelUnavailableError(
            self._text(
                f"the connection failed{_after(attempts)}: {text}",
                f"Check that the server runs and that {self.provider.url_argument} is right.",
            )
        )

    def reported_error(self, report: Any) -> ModelError:
        """An error that came in place of an answer with the status 200, as gateways do."""
        code = cast("Mapping[str, Any]", report).get("code") if isinstance(report, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        return self.status_error(status, report)

    def status_error(
        self, status: int, body: Any, *, request_id: str | None = None, attempts: int = 1
    ) -> ModelError:
        """The server answered with an error.

        Args:
            status: The HTTP status.
            body: The error as JSON, or a text.
            request_id: The server's name for the request.
            attempts: How often it was tried.
        """
        named = f", request id {request_id}" if request_id else ""
        problem = f"status {status}{named}{_after(attempts)}"
        if said := self._shown(_said(body)):
            problem += f": {said}"
        details = cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}
        if status == 408:
            return ModelTimeoutError(self._text(problem, "Check the server's load."))
        if status == 429 or status >= 500:
            advice = self._unavailable_advice(status, details)
            return ModelUnavailableError(self._text(problem, advice))
        return self.request_error(problem, self._request_advice(status, details))

    def _unavailable_advice(self, status: int, details: Mapping[str, Any]) -> str:
        if status >= 500:
            return "Check the server's state and its log."
        if details.get("code") == "insufficient_quota":
            return "The account's quota is used up: check its billing."
        raised = f"Raise {self.provider.retries}, or lower" if self.provider.retries else "Lower"
        return f"{raised} max-in-flight to keep to the server's rate limit."

    def _request_advice(self, status: int, details: Mapping[str, Any]) -> str:
        if status == 401 and self.provider.key:
            return f"Check {self.provider.key}, and that it belongs to this server."
        if status == 403:
            return "Check what the key is allowed to use."
        if status == 404:
            return f"Check the name of the model, and {self.provider.url}."
        parameter = details.get("param")
        if parameter in self.provider.optional:
            return f"To leave it out, set additional_kwargs={{{parameter!r}: None}}."
        return "Check the arguments of the chat model setup and its additional_kwargs."

    def _shown(self, text: str) -> str:
        text = self._without_secrets(" ".join(text.split()))
        return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."

    def _text(self, problem: str, advice: str) -> str:
        url = urlsplit(self.base_url)
        server = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
        called = f"{self.provider.name} model {self.model!r} at {server}"
        return self._without_secrets(f"{called}: {problem.rstrip('.')}. {advice}".strip())

    def _without_secrets(self, text: str) -> str:
        for secret in self.secrets:
            if len(secret) >= _SECRET_CHARS:
                text = text.replace(secret, "***")
        return text


def _after(attempts: int) -> str:
    return f" after {attempts} attempts" if attempts > 1 else ""


def _said(body: Any) -> str:
    """What the server said, of the forms that servers have for it."""
    if not isinstance(body, dict):
        return str(body or "")
    details = cast("Mapping[str, Any]", body)
    for key in ("message", "error", "detail"):
        if said := details.get(key):
            if isinstance(said, Mapping) and isinstance(said.get("message"), str):
                return said["message"]
            return said if isinstance(said, str) else json.dumps(said, default=str)
    return json.dumps(details, default=str)


__all__ = ["ModelCall", "Provider"]

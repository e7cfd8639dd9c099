"""What the OpenAI SDK raises, as errors of this library that name the call and what to check."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    OpenAIError,
)

from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)

#: What a call can fail with without a fault of this library.
CALL_FAILURES = (
    OpenAIError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    OSError,
    ssl.SSLError,
    ValueError,
    TypeError,
)

_SHOWN_CHARS = 500
#: Shorter ones would hit ordinary words, and protect nothing.
_SECRET_CHARS = 6


@dataclass(frozen=True)
class ModelCall:
    """Which call failed.

    Attributes:
        provider: Name of the provider, for the reader.
        model: Name of the model.
        base_url: Of the server; credentials and query in it are not shown.
        timeout: Seconds that the call had for each attempt.
        secrets: Texts that must not be in an error.
    """

    provider: str
    model: str
    base_url: str
    timeout: float
    secrets: Sequence[str] = field(default=(), repr=False)

    def request_error(self, problem: str, advice: str = "") -> ModelRequestError:
        """The request cannot be made or was refused."""
        return ModelRequestError(self._text(problem, advice))

    def output_error(self, problem: str, body: bytes) -> ModelOutputError:
        """The answer cannot be read."""
        shown = self._shown(body.decode(errors="replace")) or "nothing"
        advice = "Check that api_base_url leads to a chat-completions server."
        return ModelOutputError(self._text(f"cannot read the answer: {problem}: {shown}", advice))

    def reported_error(self, report: Any) -> ModelError:
        """An error that came in place of an answer with the status 200, as gateways do."""
        code = cast("Mapping[str, Any]", report).get("code") if isinstance(report, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        return self._status_error(status, None, report, 0)

    def failed(self, error: Exception) -> ModelError:
        """An error for what the SDK raised. It is not chained: the SDK's may hold the key."""
        if isinstance(error, APIStatusError):
            return self._status_error(
                error.status_code, error.request_id, error.body, _retries(error)
            )
        if isinstance(error, APITimeoutError | asyncio.TimeoutError) and not _lost(error):
            return ModelTimeoutError(
                self._text(
                    f"no answer within {self.timeout:g} s{_attempts(_retries(error))}",
                    "Raise timeout, or check the server's load.",
                )
            )
        if isinstance(error, APIConnectionError | aiohttp.ClientError | OSError):
            return ModelUnavailableError(
                self._text(
                    f"the connection failed{_attempts(_retries(error))}: {_causes(error)}",
                    "Check that the server runs and that api_base_url is right.",
                )
            )
        return self.request_error(
            f"the request could not be sent: {type(error).__name__}: {error}",
            "Check the messages, additional_kwargs and default_headers.",
        )

    def _status_error(
        self, status: int, request_id: str | None, body: Any, retries: int
    ) -> ModelError:
        named = f", request id {request_id}" if request_id else ""
        problem = f"status {status}{named}{_attempts(retries)}"
        if said := self._shown(_said(body)):
            problem += f": {said}"
        details = cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}
        if status == 408:
            return ModelTimeoutError(self._text(problem, "Check the server's load."))
        if status == 429 or status >= 500:
            return ModelUnavailableError(self._text(problem, _unavailable_advice(status, details)))
        return self.request_error(problem, _request_advice(status, details))

    def _shown(self, text: str) -> str:
        text = self._without_secrets(" ".join(text.split()))
        return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."

    def _text(self, problem: str, advice: str) -> str:
        url = urlsplit(self.base_url)
        server = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
        text = f"{self.provider} model {self.model!r} at {server}: {problem.rstrip('.')}. {advice}"
        return self._without_secrets(text.strip())

    def _without_secrets(self, text: str) -> str:
        for secret in self.secrets:
            if len(secret) >= _SECRET_CHARS:
                text = text.replace(secret, "***")
        return text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _lost(error: Exception) -> bool:
    """The connection broke: the aiohttp transport reports that as if it had timed out."""
    return any(
        isinstance(cause, aiohttp.ClientConnectionError)
        and not isinstance(cause, aiohttp.ServerTimeoutError)
        for cause in _chain(error)
    )


def _causes(error: Exception) -> str:
    """The innermost cause: the outer ones only say that there was one."""
    *_, cause = _chain(error)
    text = str(cause)
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__


def _retries(error: Exception) -> int:
    if not isinstance(error, APIError):
        return 0
    return int(error.request.headers.get("x-stainless-retry-count", 0))


def _attempts(retries: int) -> str:
    return f" after {retries + 1} attempts" if retries else ""


def _said(body: Any) -> str:
    """What the server said, of the forms that servers have for it."""
    if not isinstance(body, dict):
        return str(body or "")
    details = cast("Mapping[str, Any]", body)
    for key in ("message", "error", "detail"):
        if said := details.get(key):
            return said if isinstance(said, str) else json.dumps(said, default=str)
    return json.dumps(details, default=str)


def _unavailable_advice(status: int, details: Mapping[str, Any]) -> str:
    if status >= 500:
        return "Check the server's state and its log."
    if details.get("code") == "insufficient_quota":
        return "The account's quota is used up: check its billing."
    return "Raise max_retries, or lower max-in-flight to keep to the server's rate limit."


def _request_advice(status: int, details: Mapping[str, Any]) -> str:
    if status == 401:
        return "Check api_key or OPENAI_API_KEY, and that it belongs to this server."
    if status == 403:
        return "Check what the key is allowed to use."
    if status == 404:
        return "Check the name of the model, and api_base_url, which usually ends in /v1."
    parameter = details.get("param")
    if parameter in ("temperature", "max_tokens", "logprobs", "top_logprobs", "reasoning_effort"):
        return f"To leave it out, set additional_kwargs={{{parameter!r}: None}}."
    return "Check the arguments of the chat model setup and its additional_kwargs."

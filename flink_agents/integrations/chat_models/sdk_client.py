"""The SDKs of OpenAI and Anthropic, which come from one generator: clients, calls, errors.

Importing this module needs an SDK with its aiohttp transport, which is made for many calls in
flight.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import aiohttp
import httpx2
from pydantic import SecretStr

from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.shared_clients import settings_key

#: What a call can fail with without a fault of this library, beside the SDK's own errors.
_FAILURES = (
    aiohttp.ClientError,
    httpx2.HTTPError,
    asyncio.TimeoutError,
    OSError,
    ssl.SSLError,
    ValueError,
    TypeError,
)


@dataclass(frozen=True)
class ClientSettings:
    """What a client is made of.

    Attributes:
        api_key: The key.
        base_url: Of the server.
        timeout: Seconds to wait for a connection, and for the server to go on answering.
        max_retries: How often the SDK repeats a failed request.
        default_headers: Sent with every request.
        max_connections: How many may be open at once; further requests wait.
        default_query: Added to the URL of every request. Default none.
    """

    api_key: SecretStr
    base_url: str
    timeout: float
    max_retries: int
    default_headers: Mapping[str, str] = field(repr=False)
    max_connections: int
    default_query: Mapping[str, str] = field(default_factory=dict[str, str])

    def key(self) -> str:
        """Equal for equal settings."""
        return settings_key(
            self.api_key.get_secret_value(),
            self.base_url,
            self.timeout,
            self.max_retries,
            dict(self.default_headers),
            self.max_connections,
            dict(self.default_query),
        )


class _HeadersHidden(logging.Filter):
    """Logs the names of headers without their values, since any of them may be a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        options = record.args
        headers = options.get("headers") if isinstance(options, Mapping) else None
        if isinstance(options, Mapping) and isinstance(headers, Mapping):
            record.args = {**options, "headers": dict.fromkeys(headers, "***")}
        return True


_HEADERS_HIDDEN = _HeadersHidden()


@dataclass(frozen=True)
class Sdk:
    """One of the SDKs.

    Attributes:
        module: The SDK.
        client: Its class of asynchronous clients.
    """

    module: ModuleType
    client: Callable[..., Any]

    def __post_init__(self) -> None:
        # At the level DEBUG it logs the headers of a call, and masks none.
        logging.getLogger(f"{self.module.__name__}._base_client").addFilter(_HEADERS_HIDDEN)

    def create(self, settings: ClientSettings) -> Any:
        """A new client, to be used on one event loop and closed there."""
        # A request that waits for one of our own connections has not been kept waiting by the
        # server, so that time does not count.
        timeout = httpx2.Timeout(settings.timeout, pool=None)
        connections = settings.max_connections
        client = self.client(
            api_key=settings.api_key.get_secret_value(),
            base_url=settings.base_url,
            timeout=timeout,
            max_retries=settings.max_retries,
            default_headers=settings.default_headers,
            default_query=settings.default_query,
            http_client=self.module.DefaultAioHttpClient(
                verify=_tls(),
                timeout=timeout,
                limits=httpx2.Limits(
                    max_connections=connections, max_keepalive_connections=connections
                ),
            ),
        )
        # The SDKs add headers from environment variables, OPENAI_CUSTOM_HEADERS and
        # ANTHROPIC_CUSTOM_HEADERS, credentials among them, and have no argument to prevent that.
        client._custom_headers = settings.default_headers
        return client

    async def post(
        self, client: Any, path: str, body: Any, options: Mapping[str, Any], call: ModelCall
    ) -> Any:
        """Send a request and read the answer.

        Args:
            client: Sends it, and repeats it if need be.
            path: Of the URL, after the base.
            body: JSON value.
            options: ``headers``, ``params`` and ``timeout`` of this request.
            call: Names the call in errors.

        Returns:
            The answer as JSON.

        Raises:
            ModelError: Of the class that fits.
        """
        content = b""
        try:
            # The SDK's way to send what it has no types for. Its typed methods walk through the
            # whole request and spend as much CPU again on that.
            response = await client.post(
                path, cast_to=httpx2.Response, body=body, options=dict(options)
            )
            content = response.content
        except (self.module.APIError, *_FAILURES) as error:
            failure: ModelError = self._failed(call, error)
        else:
            try:
                return json.loads(content)
            except ValueError as error:
                failure = call.output_error(str(error), content)
        # Raised out here, so that no error of the SDK is chained to it: those hold the request
        # with its headers.
        raise failure

    async def stream(
        self, client: Any, path: str, body: Any, options: Mapping[str, Any], call: ModelCall
    ) -> AsyncGenerator[Any, None]:
        """As :meth:`post`, for an answer of server-sent events.

        Yields:
            The data of each event as JSON.
        """
        failure: ModelError | None = None
        try:
            events = await client.post(
                path,
                cast_to=object,
                body=body,
                options=dict(options),
                stream=True,
                stream_cls=self.module.AsyncStream[object],
            )
            async with events:
                async for event in events:
                    yield event
        except json.JSONDecodeError as error:
            failure = call.output_error(str(error), error.doc)
        except (self.module.APIError, *_FAILURES) as error:
            failure = self._failed(call, error)
        if failure is not None:
            raise failure

    def _failed(self, call: ModelCall, error: Any) -> ModelError:
        sdk = self.module
        attempts = 1
        if isinstance(error, sdk.APIError):
            attempts += int(error.request.headers.get("x-stainless-retry-count", 0))
        if isinstance(error, sdk.APIStatusError):
            if error.status_code < 400:  # an event of a stream that reports an error
                return call.reported_error(error.body)
            return call.status_error(
                error.status_code, error.body, request_id=error.request_id, attempts=attempts
            )
        timeouts = (sdk.APITimeoutError, asyncio.TimeoutError, httpx2.TimeoutException)
        if isinstance(error, timeouts) and not _lost(error):
            return call.timeout_error(attempts)
        lost = (sdk.APIConnectionError, aiohttp.ClientError, httpx2.HTTPError, OSError)
        if isinstance(error, lost):
            return call.connection_error(error, attempts)
        if isinstance(error, sdk.APIError):
            return call.reported_error(error.body)
        return call.send_error(error)


def _lost(error: BaseException) -> bool:
    """The connection broke: the aiohttp transport reports that as if it had timed out."""
    return any(
        isinstance(cause, aiohttp.ClientConnectionError)
        and not isinstance(cause, aiohttp.ServerTimeoutError)
        for cause in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


@functools.cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes 20 ms and more: too much for each of many clients.
    return httpx2.create_ssl_context()


__all__ = ["ClientSettings", "Sdk"]

"""Chats by the client of the Ollama SDK. Importing this module needs it."""

from __future__ import annotations

import base64
import functools
import ipaddress
import json
import os
import ssl
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx
import ollama

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.chat_models.ollama.ollama_answer import (
    AnswerBuilder,
    ExtractReasoning,
    convert_from_ollama_answer,
)
from flink_agents.integrations.chat_models.ollama.ollama_request import ChatRequest
from flink_agents.integrations.chat_models.ollama.wide_transport import WideTransport
from flink_agents.integrations.shared_clients import SharedClients, settings_key

_PATH = "/api/chat"

#: What a call can fail with without a fault of this library.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, TypeError)


@dataclass(frozen=True)
class ClientSettings:
    """What a client is made of.

    Attributes:
        base_url: Of the server, with user and password if it asks for them.
        timeout: Seconds to wait for a connection, and for the server to go on answering.
        max_connections: How many may be open at once; further requests wait.
    """

    base_url: str = field(repr=False)
    timeout: float
    max_connections: int

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, if the URL has them."""
        url = urlsplit(self.base_url)
        if url.username is None:
            return None
        return unquote(url.username), unquote(url.password or "")

    @property
    def secrets(self) -> list[str]:
        """All forms of what no error may tell."""
        # The SDK sends the key of Ollama's cloud if there is one.
        found = [os.environ.get("OLLAMA_API_KEY", "")]
        if self.credentials is not None:
            sent = base64.b64encode(":".join(self.credentials).encode()).decode()
            found += [sent, self.credentials[1], urlsplit(self.base_url).password or ""]
        return [secret for secret in found if secret]

    @property
    def proxy(self) -> str | None:
        """The proxy that the environment tells for this server."""
        url = urlsplit(self.base_url)
        host = url.hostname or ""
        # A proxy cannot reach the loopback of this machine.
        if _is_loopback(host) or urllib.request.proxy_bypass(host):
            return None
        proxies = urllib.request.getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all")
        return f"http://{proxy}" if proxy and "://" not in proxy else proxy

    def create_transport(self) -> httpx.AsyncHTTPTransport:
        """For one connection."""
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        return httpx.AsyncHTTPTransport(verify=_tls(), limits=one, proxy=self.proxy)

    def key(self) -> str:
        """Equal for equal settings."""
        return settings_key(self.base_url, self.timeout, self.max_connections)


class OllamaClient(ollama.AsyncClient):
    """The SDK's client, sending and giving JSON as it is.

    The SDK's own ``chat()`` leaves out what its types do not have: the ids of tool calls, and of
    the tools' schemas all but the outermost names and types.

    Args:
        settings: What it is made of.
    """

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(
            host=settings.base_url,
            # The SDK drops these from the URL.
            auth=settings.credentials,
            timeout=settings.timeout,
            transport=WideTransport(settings.max_connections, settings.create_transport),
        )

    async def post(self, body: Mapping[str, Any], call: ModelCall) -> Any:
        """Send a request and read the answer.

        Returns:
            The answer as JSON.

        Raises:
            ModelError: Of the class that fits.
        """
        content = b""
        try:
            response = await self._client.post(_PATH, json=body)
            content = response.content
        except _FAILURES as error:
            failure: ModelError = _failed(call, error)
        else:
            if response.status_code >= 400:
                failure = _refused(call, response)
            else:
                try:
                    return json.loads(content)
                except (ValueError, RecursionError) as error:
                    failure = call.output_error(str(error), content)
        # Raised out here, so that no error of the client is chained to it: those hold the
        # request with its headers.
        raise failure

    async def stream(self, body: Mapping[str, Any], call: ModelCall) -> AsyncGenerator[Any, None]:
        """As :meth:`post`, for an answer of one JSON value a line.

        Yields:
            Each line as JSON.
        """
        failure: ModelError | None = None
        line = b""
        try:
            async with self._client.stream("POST", _PATH, json=body) as response:
                if response.status_code >= 400:
                    await response.aread()
                    failure = _refused(call, response)
                else:
                    async for line in _lines(response):
                        yield json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            failure = call.output_error(str(error), line)
        except _FAILURES as error:
            failure = _failed(call, error)
        if failure is not None:
            raise failure


CLIENTS: Final[SharedClients[OllamaClient]] = SharedClients(OllamaClient.close)


async def complete_chat(client: OllamaClient, request: ChatRequest, call: ModelCall) -> ChatMessage:
    """Send a request and read the answer.

    Args:
        client: Sends it.
        request: What to ask.
        call: Names the call in errors.

    Raises:
        ModelError: Of the class that fits.
    """
    answer = await client.post({**request.body, "stream": False}, call)
    if failure := _reported(answer, call):
        raise failure
    try:
        return convert_from_ollama_answer(answer, request.model, _extraction(request))
    except ValueError as error:
        raise call.output_error(str(error), str(answer)) from error


async def stream_chat(
    client: OllamaClient, request: ChatRequest, call: ModelCall
) -> AsyncGenerator[ChatChunk, None]:
    """As :func:`complete_chat`, in pieces."""
    built = AnswerBuilder(_extraction(request))
    async with aclosing(client.stream({**request.body, "stream": True}, call)) as pieces:
        async for piece in pieces:
            if failure := _reported(piece, call):
                raise failure
            try:
                added = built.add(piece)
            except ValueError as error:
                raise call.output_error(str(error), str(piece)) from error
            if added.content or added.reasoning:
                yield added
    if not built.is_finished:
        raise call.connection_error(ConnectionError("the answer ended before it was complete"))
    try:
        message = built.message(request.model)
    except ValueError as error:
        raise call.output_error(str(error), "the pieces of the answer") from error
    yield ChatChunk(message=message)


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The lines that are not empty.

    httpx's own ``aiter_lines`` also breaks at characters that may stand within JSON, such as
    U+0085.
    """
    rest = b""
    async for part in response.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
    if rest.strip():
        yield rest


def _extraction(request: ChatRequest) -> ExtractReasoning | None:
    return BaseChatModelConnection._extract_reasoning if request.extract_reasoning else None


def _reported(answer: Any, call: ModelCall) -> ModelError | None:
    """The error that came in place of an answer, or in the middle of a stream."""
    if not isinstance(answer, Mapping) or not answer.get("error"):
        return None
    status = answer.get("status")
    return call.status_error(status if isinstance(status, int) else 500, answer)


def _refused(call: ModelCall, response: httpx.Response) -> ModelError:
    try:
        body: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        body = response.content.decode(errors="replace")
    request_id = response.headers.get("x-request-id")
    return call.status_error(response.status_code, body, request_id=request_id)


def _failed(call: ModelCall, error: Exception) -> ModelError:
    if isinstance(error, httpx.TimeoutException):
        return call.timeout_error()
    if isinstance(error, httpx.HTTPError | OSError):
        return call.connection_error(error)
    return call.send_error(error)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@functools.cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes 20 ms and more: too much for each of many clients.
    return httpx.create_ssl_context()


__all__ = ["CLIENTS", "ClientSettings", "OllamaClient", "complete_chat", "stream_chat"]

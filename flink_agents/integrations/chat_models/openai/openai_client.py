"""Clients of the OpenAI SDK. Importing this module needs the SDK and its aiohttp transport."""

from __future__ import annotations

import functools
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import aiohttp  # noqa: F401  the transport; missing, it would only be noticed at the first call
import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import SecretStr

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.openai.openai_errors import CALL_FAILURES, ModelCall
from flink_agents.integrations.chat_models.openai.openai_request import ChatRequest
from flink_agents.integrations.chat_models.openai.openai_utils import (
    convert_from_openai_completion,
)
from flink_agents.integrations.shared_clients import SharedClients, settings_key


@dataclass(frozen=True)
class ClientSettings:
    """What a client is made of.

    Attributes:
        api_key: The key.
        base_url: Of the server, usually ending in ``/v1``.
        timeout: Seconds to wait for a connection, and for the server to go on answering.
        max_retries: How often the SDK repeats a failed request.
        default_headers: Sent with every request.
        max_connections: How many may be open at once; further requests wait.
    """

    api_key: SecretStr
    base_url: str
    timeout: float
    max_retries: int
    default_headers: Mapping[str, str] = field(repr=False)
    max_connections: int

    def key(self) -> str:
        """Equal for equal settings."""
        return settings_key(
            self.api_key.get_secret_value(),
            self.base_url,
            self.timeout,
            self.max_retries,
            dict(self.default_headers),
            self.max_connections,
        )

    def create(self) -> AsyncOpenAI:
        """A new client, to be used on one event loop and closed there."""
        # A request that waits for one of our own connections has not been kept waiting by the
        # server, so that time does not count.
        timeout = httpx2.Timeout(self.timeout, pool=None)
        connections = self.max_connections
        return AsyncOpenAI(
            api_key=self.api_key.get_secret_value(),
            base_url=self.base_url,
            timeout=timeout,
            max_retries=self.max_retries,
            default_headers=self.default_headers,
            http_client=DefaultAioHttpClient(
                verify=_tls(),
                timeout=timeout,
                limits=httpx2.Limits(
                    max_connections=connections, max_keepalive_connections=connections
                ),
            ),
        )


CLIENTS: Final[SharedClients[AsyncOpenAI]] = SharedClients(AsyncOpenAI.close)


async def complete_chat(client: AsyncOpenAI, request: ChatRequest, call: ModelCall) -> ChatMessage:
    """Send a request and read the answer.

    Args:
        client: Sends it, and repeats it if need be.
        request: What to ask.
        call: Names the call in errors.

    Raises:
        ModelError: Of the class that fits.
    """
    try:
        # The SDK's way to send what it has no types for. Its typed method walks through the
        # whole request and spends as much CPU again on that.
        response = await client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=request.body,
            options=cast("Any", request.options),
        )
    except CALL_FAILURES as error:
        failure: ModelError = call.failed(error)
    else:
        try:
            answer = json.loads(response.content)
            if not (isinstance(answer, dict) and "error" in answer and "choices" not in answer):
                return convert_from_openai_completion(answer, request.model)
            failure = call.reported_error(cast("dict[str, Any]", answer)["error"])
        except ValueError as error:
            failure = call.output_error(str(error), response.content)
    # Raised out here, so that no error of the SDK is chained to it: those hold the request with
    # its headers.
    raise failure


@functools.cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes 20 ms and more: too much for each of many clients.
    return httpx2.create_ssl_context()

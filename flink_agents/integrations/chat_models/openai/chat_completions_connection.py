"""What connections to servers of OpenAI's chat-completions protocol have in common."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.integrations.chat_models.client_connection import ClientChatModelConnection
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider
from flink_agents.integrations.chat_models.openai.openai_request import ChatRequest, chat_request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from flink_agents.integrations.chat_models.sdk_client import ClientSettings


class ChatCompletionsConnection(ClientChatModelConnection):
    """Base of connections that use the OpenAI SDK.

    A subclass says where the server is, by :meth:`_settings`, and sets ``_clients``.

    Attributes:
        max_retries: How often the SDK repeats a request that failed for a reason that may pass.
            0 or more, default 3.
        timeout: Seconds without a sign of the server after which an attempt is given up. Above 0,
            default 60.
        default_headers: Sent with every request. Default none.
        reuse_client: Keep the client and its connections between requests. Default True.
    """

    native_structured_output: ClassVar[bool] = True

    #: Who is asked, for errors.
    provider: ClassVar[Provider]

    max_retries: int = Field(default=3, ge=0)
    timeout: float = Field(default=60.0, gt=0)
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    reuse_client: bool = True

    @property
    def api_url(self) -> str | None:
        """The base URL."""
        return self._settings().base_url

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Send a conversation and wait for the answer.

        Args:
            messages: The conversation, oldest first.
            tools: Tools that the model may ask to call.
            **kwargs: Parameters of the request, ``model`` among them; one that is None is not
                sent. Besides: ``strict`` (bool) for tools and schema, ``output_schema`` (a JSON
                schema) for the answer, and the SDK's ``extra_headers``, ``extra_query``,
                ``extra_body`` and ``timeout`` (seconds).

        Returns:
            The assistant's message. Its ``extra_args`` hold ``model_name``, ``promptTokens``,
            ``completionTokens`` and ``finish_reason``, and ``reasoning``, ``refusal`` and
            ``logprobs`` where there are any.

        Raises:
            ModelTimeoutError: If the server does not answer in time.
            ModelUnavailableError: If it cannot be reached, is overloaded or limits the rate.
            ModelRequestError: If it refuses the request, or the request cannot be made.
            ModelOutputError: If its answer cannot be read.
        """
        request, call = self._request(messages, tools, kwargs)
        async with self._client() as client:
            return await openai_sdk().complete_chat(client, request, call)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces."""
        request, call = self._request(messages, tools, kwargs)
        async with (
            self._client() as client,
            aclosing(openai_sdk().stream_chat(client, request, call)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    @abstractmethod
    def _settings(self) -> ClientSettings:
        """What the client is made of."""

    def _settings_for(
        self, api_key: SecretStr, base_url: str, query: Mapping[str, str] | None = None
    ) -> ClientSettings:
        return openai_sdk().ClientSettings(
            api_key=api_key,
            base_url=base_url,
            timeout=self.timeout,
            max_retries=self.max_retries,
            default_headers=self.default_headers or {},
            max_connections=self.max_in_flight,
            default_query=query or {},
        )

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[ChatRequest, ModelCall]:
        call = self._call(arguments)
        with call.making_request():
            return chat_request(messages, tools or (), arguments), call

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AsyncOpenAI, None]:
        settings = self._settings()

        def create() -> AsyncOpenAI:
            return openai_sdk().SDK.create(settings)

        if self.reuse_client:
            yield self._shared_client(settings.key, create)
        else:
            async with create() as client:
                yield client

    def _call(self, arguments: Mapping[str, Any]) -> ModelCall:
        settings = self._settings()
        headers = {**(self.default_headers or {}), **(arguments.get("extra_headers") or {})}
        return ModelCall(
            provider=self.provider,
            model=str(arguments.get("model")),
            base_url=settings.base_url,
            timeout=arguments.get("timeout") or self.timeout,
            secrets=(settings.api_key.get_secret_value(), *map(str, headers.values())),
        )


@functools.cache
def openai_sdk(provider: str = "OpenAI", extra: str = "openai") -> Any:
    """The module with all that needs the SDK, which is optional and slow to import.

    Args:
        provider: Who needs it.
        extra: The extra that installs it.

    Raises:
        EnvironmentSetupError: If it is not installed.
    """
    try:
        from flink_agents.integrations.chat_models.openai import openai_client
    except ImportError as error:
        raise EnvironmentSetupError(
            f"{provider} chat models need the package openai with its aiohttp transport ({error}). "
            f'Install it: pip install "pyflink-agents[{extra}]"'
        ) from error
    return openai_client


__all__ = ["ChatCompletionsConnection", "openai_sdk"]

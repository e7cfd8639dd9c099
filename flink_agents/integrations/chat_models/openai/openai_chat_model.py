"""Chat models of OpenAI, and of the many servers that speak its chat-completions protocol."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, SecretStr, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.integrations.chat_models.client_connection import ClientChatModelConnection
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider
from flink_agents.integrations.chat_models.openai.openai_request import ChatRequest, chat_request
from flink_agents.integrations.chat_models.openai.openai_utils import resolve_openai_credentials

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from flink_agents.integrations.chat_models.sdk_client import ClientSettings

OPENAI: Final = Provider(
    name="OpenAI",
    server="a chat-completions server",
    url="api_base_url, which usually ends in /v1",
    key="api_key or OPENAI_API_KEY",
    retries="max_retries",
    optional=frozenset(
        {"temperature", "max_tokens", "logprobs", "top_logprobs", "reasoning_effort"}
    ),
)

#: Models that reason take no temperature but 1, and max_tokens only under its newer name.
_REASONING_MODEL = re.compile(r"(?:openai/)?(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat))")


class OpenAIChatModelConnection(ClientChatModelConnection):
    """Connection to OpenAI or to a server that speaks its protocol.

    Equal connections on the same event loop share one client.

    Attributes:
        api_key: The key. Default: the environment variable ``OPENAI_API_KEY``; one of both has to
            be set.
        api_base_url: Where the API is, usually ending in ``/v1``. Default: the environment
            variable ``OPENAI_API_BASE_URL``, else ``https://api.openai.com/v1``.
        max_retries: How often the SDK repeats a request that failed for a reason that may pass.
            0 or more, default 3.
        timeout: Seconds without a sign of the server after which an attempt is given up. Above 0,
            default 60.
        default_headers: Sent with every request. Default none.
        reuse_client: Keep the client and its connections between requests. Default True.
    """

    native_structured_output: ClassVar[bool] = True

    api_key: SecretStr | None = None
    api_base_url: str | None = None
    max_retries: int = Field(default=3, ge=0)
    timeout: float = Field(default=60.0, gt=0)
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    reuse_client: bool = True

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.api_key, self.api_base_url = resolve_openai_credentials(
            self.api_key, self.api_base_url
        )
        self._clients = openai_sdk().CLIENTS.user()
        return self

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

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[ChatRequest, ModelCall]:
        call = self._call(arguments)
        try:
            return chat_request(messages, tools or (), arguments), call
        except ValueError as error:
            raise call.request_error(f"the request cannot be made: {error}") from error

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AsyncOpenAI, None]:
        settings = self._settings()

        def create() -> AsyncOpenAI:
            return openai_sdk().SDK.create(settings)

        if self.reuse_client:
            yield self._clients.get(settings.key, create)
        else:
            async with create() as client:
                yield client

    def _settings(self) -> ClientSettings:
        assert self.api_key is not None and self.api_base_url is not None
        return openai_sdk().ClientSettings(
            api_key=self.api_key,
            base_url=self.api_base_url,
            timeout=self.timeout,
            max_retries=self.max_retries,
            default_headers=self.default_headers or {},
            max_connections=self.max_in_flight,
        )

    def _call(self, arguments: Mapping[str, Any]) -> ModelCall:
        assert self.api_key is not None and self.api_base_url is not None
        headers = {**(self.default_headers or {}), **(arguments.get("extra_headers") or {})}
        return ModelCall(
            provider=OPENAI,
            model=str(arguments.get("model")),
            base_url=self.api_base_url,
            timeout=arguments.get("timeout") or self.timeout,
            secrets=(self.api_key.get_secret_value(), *map(str, headers.values())),
        )


class OpenAIChatModelSetup(BaseChatModelSetup):
    """How a model of OpenAI is used.

    Attributes:
        connection: Name of the connection.
        model: Name of the model. Default ``gpt-3.5-turbo``.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
        temperature: Of the sampling, 0 to 2, default 0.1; None to send none. Models of OpenAI
            that reason (``o...``, ``gpt-5`` and later) take none: there the default is not sent.
        max_tokens: The longest answer, in tokens. Default: the server's. Sent to OpenAI's
            reasoning models as ``max_completion_tokens``, the name that they know it by.
        logprobs: Return the log probabilities of the tokens. Default: only if ``top_logprobs``.
        top_logprobs: How many likely tokens to return at each position, 0 to 20. Default 0.
        strict: Bind the model to the schemas of tools and answer. Default False.
        reasoning_effort: ``low``, ``medium``, ``high`` or what else the model knows. Default: the
            model's.
        additional_kwargs: Further parameters of the request, also such that only other servers
            know. They win over the others; None removes one. Default none.
    """

    model: str | None = "gpt-3.5-turbo"
    temperature: float | None = Field(default=0.1, ge=0.0, le=2.0)
    max_tokens: int | None = Field(default=None, gt=0)
    logprobs: bool | None = None
    top_logprobs: int = Field(default=0, ge=0, le=20)
    strict: bool = False
    reasoning_effort: str | None = None
    additional_kwargs: dict[str, Any] = Field(default_factory=dict[str, Any])

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.logprobs is False and self.top_logprobs:
            raise ValueError(f"top_logprobs={self.top_logprobs} needs logprobs=True")
        if reserved := sorted({"messages", "tools", "stream"} & self.additional_kwargs.keys()):
            raise ValueError(
                f"additional_kwargs cannot set {', '.join(reserved)}: messages and tools are those "
                "of the request, and whether to stream is told by the caller"
            )
        return self

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the request, by the names that OpenAI has for them."""
        kwargs: dict[str, Any] = {"model": self.model, "strict": self.strict}
        reasons = _REASONING_MODEL.match(self.model or "") is not None
        if self.temperature is not None and not (
            reasons and "temperature" not in self.model_fields_set
        ):
            kwargs["temperature"] = self.temperature
        if self.max_tokens is not None:
            kwargs["max_completion_tokens" if reasons else "max_tokens"] = self.max_tokens
        if self.logprobs is not None:
            kwargs["logprobs"] = self.logprobs
        if self.logprobs or self.top_logprobs:
            kwargs.update(logprobs=True, top_logprobs=self.top_logprobs)
        if self.reasoning_effort is not None:
            kwargs["reasoning_effort"] = self.reasoning_effort
        return {**kwargs, **self.additional_kwargs}


@functools.cache
def openai_sdk() -> Any:
    """The module with all that needs the SDK, which is optional and slow to import."""
    try:
        from flink_agents.integrations.chat_models.openai import openai_client
    except ImportError as error:
        raise EnvironmentSetupError(
            f"OpenAI chat models need the package openai with its aiohttp transport ({error}). "
            'Install it: pip install "pyflink-agents[openai]"'
        ) from error
    return openai_client


__all__ = ["OPENAI", "OpenAIChatModelConnection", "OpenAIChatModelSetup", "openai_sdk"]

"""Chat models of Anthropic, and of servers that speak its Messages protocol."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import Field, SecretStr, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.integrations.chat_models.anthropic.anthropic_call import (
    ANTHROPIC,
    AnthropicCall,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_credentials import (
    resolve_anthropic_credentials,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_messages import (
    convert_to_anthropic_message,
    convert_to_anthropic_messages,
    convert_to_anthropic_system_prompts,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_models import (
    takes_sampling,
    thinks,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_request import (
    MessageRequest,
    message_request,
    to_anthropic_tool,
)
from flink_agents.integrations.chat_models.client_connection import ClientChatModelConnection
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.chat_models.reserved_parameters import check_reserved

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from flink_agents.integrations.chat_models.sdk_client import ClientSettings


class AnthropicChatModelConnection(ClientChatModelConnection):
    """Connection to Anthropic or to a server that speaks its protocol.

    Equal connections on the same event loop share one client. Of the environment, keys, address
    and headers come from nothing but what is named here: not from the SDK's other variables, nor
    from its profiles. ``ANTHROPIC_LOG`` and those for OpenTelemetry work as with the SDK.

    Attributes:
        api_key: The key, sent as a bearer token. Default: the environment variable
            ``ANTHROPIC_API_KEY``; one of both has to be set.
        api_base_url: Where the API is, without ``/v1/messages``. Default: the environment variable
            ``ANTHROPIC_BASE_URL``, else ``https://api.anthropic.com``.
        max_retries: How often the SDK repeats a request that failed for a reason that may pass.
            0 or more, default 3.
        timeout: Seconds without a sign of the server after which an attempt is given up. Above 0,
            default 60.
        default_headers: Sent with every request, such as ``X-Api-Key`` for a gateway that reads
            the key from there. Default none.
    """

    native_structured_output: ClassVar[bool] = True

    api_key: SecretStr | None = None
    api_base_url: str | None = None
    max_retries: int = Field(default=3, ge=0)
    timeout: float = Field(default=60.0, gt=0)
    default_headers: dict[str, str] | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.api_key, self.api_base_url = resolve_anthropic_credentials(
            self.api_key, self.api_base_url
        )
        self._clients = anthropic_sdk().CLIENTS.user()
        return self

    @property
    def api_url(self) -> str | None:
        """The base URL."""
        return self.api_base_url

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Send a conversation and wait for the answer.

        Args:
            messages: The conversation, oldest first.
            tools: Tools that the model may ask to call.
            **kwargs: Parameters of the request, ``model`` and ``max_tokens`` among them; one that
                is None is not sent. Besides: ``output_schema`` (a JSON schema) for the answer,
                ``json_prefill`` and ``strict_tools`` (bool), and the SDK's ``extra_headers``,
                ``extra_query``, ``extra_body`` and ``timeout`` (seconds). With ``thinking``, no
                ``temperature`` but 1 is sent.

        Returns:
            The assistant's message. Its ``extra_args`` hold ``model_name``, ``promptTokens``,
            ``completionTokens`` and ``finish_reason``, and where there are any ``reasoning``,
            ``refusal``, ``cache_creation_input_tokens`` and ``cache_read_input_tokens``.

        Raises:
            ModelTimeoutError: If the server does not answer in time.
            ModelUnavailableError: If it cannot be reached, is overloaded or limits the rate.
            ModelRequestError: If it refuses the request, or the request cannot be made.
            ModelOutputError: If its answer cannot be read.
        """
        request, call = self._request(messages, tools, kwargs)
        return await anthropic_sdk().create_message(self._client(), request, call)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces."""
        request, call = self._request(messages, tools, kwargs)
        async with aclosing(
            anthropic_sdk().stream_message(self._client(), request, call)
        ) as chunks:
            async for chunk in chunks:
                yield chunk

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[MessageRequest, ModelCall]:
        call = self._call(arguments)
        with call.making_request():
            headers = self.default_headers or ()
            return message_request(messages, tools or (), arguments, headers), call

    def _client(self) -> AsyncAnthropic:
        settings = self._settings()
        return self._shared_client(settings.key, lambda: anthropic_sdk().SDK.create(settings))

    def _settings(self) -> ClientSettings:
        assert self.api_key is not None and self.api_base_url is not None
        return anthropic_sdk().ClientSettings(
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
        return AnthropicCall(
            provider=ANTHROPIC,
            model=str(arguments.get("model")),
            base_url=self.api_base_url,
            timeout=arguments.get("timeout") or self.timeout,
            secrets=(self.api_key.get_secret_value(), *map(str, headers.values())),
        )


class AnthropicChatModelSetup(BaseChatModelSetup):
    """How a model of Anthropic is used.

    Attributes:
        connection: Name of the connection.
        model: Name of the model. Default ``claude-sonnet-4-20250514``.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
        max_tokens: The longest answer, in tokens, thinking included. Above 0, default 1024.
        temperature: Of the sampling, 0 to 1, default 0.1; None to send none. Models later than
            4.6 take none, and so do requests with thinking or ``top_p``: there the default is not
            sent. A request with a temperature asks for the API's version ``2023-06-01``, the last
            one that takes any.
        additional_kwargs: Further parameters of the request: ``top_k``, ``top_p``,
            ``stop_sequences``, ``thinking``, ``tool_choice``, ``output_config``, ``metadata`` and
            others. They win; None removes one. Default none.
        json_prefill: Begin the answer with ``{`` for a model that is asked in words for JSON of a
            schema. Without effect with tools, thinking, and on models with structured output of
            their own. Default False.
        strict_tools: Bind the model to the schemas of the tools. Default False.
    """

    model: str | None = "claude-sonnet-4-20250514"
    max_tokens: int = Field(default=1024, gt=0)
    temperature: float | None = Field(default=0.1, ge=0.0, le=1.0)
    additional_kwargs: dict[str, Any] = Field(default_factory=dict[str, Any])
    json_prefill: bool = False
    strict_tools: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = self.additional_kwargs
        check_reserved(given, {"system"})
        if not thinks(given):
            return self
        temperature = self.model_kwargs.get("temperature")
        if temperature not in (None, 1):
            raise ValueError(f"temperature={temperature:g} does not go with thinking: remove it")
        budget = cast("Mapping[str, Any]", given["thinking"]).get("budget_tokens")
        limit = self.model_kwargs["max_tokens"]
        if isinstance(budget, int) and isinstance(limit, int) and budget >= limit:
            raise ValueError(
                f"max_tokens={limit} has to be above the budget_tokens of thinking, {budget}: the "
                "answer comes out of what thinking leaves"
            )
        return self

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the request, by the names that Anthropic has for them."""
        kwargs: dict[str, Any] = {"model": self.model, "max_tokens": self.max_tokens}
        if self.temperature is not None and (
            "temperature" in self.model_fields_set or self._takes_default_temperature()
        ):
            kwargs["temperature"] = self.temperature
        if self.json_prefill:
            kwargs["json_prefill"] = True
        if self.strict_tools:
            kwargs["strict_tools"] = True
        return {**kwargs, **self.additional_kwargs}

    def _takes_default_temperature(self) -> bool:
        given = self.additional_kwargs
        model = str(given.get("model") or self.model)
        return takes_sampling(model) and not thinks(given) and given.get("top_p") is None


@functools.cache
def anthropic_sdk() -> Any:
    """The module with all that needs the SDK, which is optional and slow to import."""
    try:
        from flink_agents.integrations.chat_models.anthropic import anthropic_client
    except ImportError as error:
        raise EnvironmentSetupError(
            f"Anthropic chat models need the package anthropic with its aiohttp transport "
            f'({error}). Install it: pip install "pyflink-agents[anthropic]"'
        ) from error
    return anthropic_client


__all__ = [
    "AnthropicChatModelConnection",
    "AnthropicChatModelSetup",
    "anthropic_sdk",
    "convert_to_anthropic_message",
    "convert_to_anthropic_messages",
    "convert_to_anthropic_system_prompts",
    "to_anthropic_tool",
]

"""Chat models of OpenAI, and of the many servers that speak its chat-completions protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, SecretStr, model_validator
from typing_extensions import Self

from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.integrations.chat_models.model_call import Provider
from flink_agents.integrations.chat_models.openai.chat_completions_connection import (
    ChatCompletionsConnection,
    openai_sdk,
)
from flink_agents.integrations.chat_models.openai.openai_utils import resolve_openai_credentials
from flink_agents.integrations.chat_models.reserved_parameters import check_reserved

if TYPE_CHECKING:
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


class OpenAIChatModelConnection(ChatCompletionsConnection):
    """Connection to OpenAI or to a server that speaks its protocol.

    Equal connections on the same event loop share one client. Of the environment the SDK also sends
    ``OPENAI_ORG_ID`` and ``OPENAI_PROJECT_ID``, which tell OpenAI whom to bill.

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

    provider: ClassVar[Provider] = OPENAI

    api_key: SecretStr | None = None
    api_base_url: str | None = None

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.api_key, self.api_base_url = resolve_openai_credentials(
            self.api_key, self.api_base_url
        )
        self._clients = openai_sdk().CLIENTS.user()
        return self

    def _settings(self) -> ClientSettings:
        assert self.api_key is not None and self.api_base_url is not None
        return self._settings_for(self.api_key, self.api_base_url)


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
        check_reserved(self.additional_kwargs)
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


__all__ = ["OPENAI", "OpenAIChatModelConnection", "OpenAIChatModelSetup"]

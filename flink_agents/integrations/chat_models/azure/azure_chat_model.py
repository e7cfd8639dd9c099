"""Chat models that Azure hosts: those of OpenAI, and others such as Mistral's and DeepSeek's.

They are reached by the OpenAI SDK. Azure's own library, azure-ai-inference, never came out of
beta; Microsoft retired it in favour of the OpenAI SDK and of the API that is at ``/openai/v1`` of
a resource. The endpoints of the older model inference API speak the same protocol, with an
``api-version`` in the URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.api_key import resolve_api_key
from flink_agents.integrations.chat_models.azure.azure_endpoint import (
    AzureEndpoint,
    resolve_azure_endpoint,
)
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider
from flink_agents.integrations.chat_models.openai.chat_completions_connection import (
    ChatCompletionsConnection,
    openai_sdk,
)
from flink_agents.integrations.chat_models.openai.openai_chat_model import (
    OPENAI,
    OpenAIChatModelSetup,
)
from flink_agents.integrations.chat_models.openai.openai_request import ChatRequest

if TYPE_CHECKING:
    from flink_agents.integrations.chat_models.sdk_client import ClientSettings

AZURE: Final = Provider(
    name="Azure AI",
    server="an endpoint for chat models",
    url="endpoint, and that a model is deployed there by that name",
    key="api_key or AZURE_OPENAI_API_KEY",
    retries="max_retries",
    optional=OPENAI.optional,
)


class AzureChatModelConnection(ChatCompletionsConnection):
    """Connection to an endpoint of Azure AI or Azure OpenAI.

    Equal connections on the same event loop share one client.

    Attributes:
        endpoint: URL of the resource, such as ``https://NAME.openai.azure.com``,
            ``https://NAME.services.ai.azure.com/models`` or
            ``https://NAME.REGION.inference.ai.azure.com``. ``resolve_azure_endpoint`` tells what
            is made of it.
        api_key: The key. Default: the environment variable ``AZURE_OPENAI_API_KEY``, which
            Microsoft's examples use; one of both has to be set. It is sent as ``api-key``; to
            endpoints at ``inference.ai.azure.com`` as a bearer token, as they know no other way.
        api_version: Sent as ``api-version``. Default: that of the URL; else, for the model
            inference API, ``2024-05-01-preview``; else none.
        max_retries: How often the SDK repeats a request that failed for a reason that may pass.
            0 or more, default 3.
        timeout: Seconds without a sign of the server after which an attempt is given up. Above 0,
            default 60.
        default_headers: Sent with every request. Default none.
        reuse_client: Keep the client and its connections between requests. Default True.
    """

    provider: ClassVar[Provider] = AZURE

    endpoint: str
    api_key: SecretStr | None = None
    api_version: str | None = None

    _resolved: AzureEndpoint = PrivateAttr()

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.api_key = resolve_api_key(self.api_key, "AZURE_OPENAI_API_KEY")
        self._resolved = resolve_azure_endpoint(self.endpoint, self.api_version)
        self._clients = _azure_sdk().CLIENTS.user()
        return self

    def _settings(self) -> ClientSettings:
        assert self.api_key is not None
        version = self._resolved.api_version
        query = {"api-version": version} if version else None
        return self._settings_for(self.api_key, self._resolved.base_url, query)

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[ChatRequest, ModelCall]:
        request, call = super()._request(messages, tools, arguments)
        if self._resolved.bearer:
            return request, call
        assert self.api_key is not None
        # Beside api-key, Azure would read a bearer token as one of Microsoft Entra ID. To leave
        # out its own header, the SDK has to be told with each request.
        headers = {
            "api-key": self.api_key.get_secret_value(),
            "Authorization": _azure_sdk().SDK.module.Omit(),
            **request.options.get("headers", {}),
        }
        return replace(request, options={**request.options, "headers": headers}), call


class AzureChatModelSetup(OpenAIChatModelSetup):
    """How a model on Azure is used. What is not set is not sent.

    Attributes:
        connection: Name of the connection.
        model: Name of the deployment, which often is that of the model. Required.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
        temperature: Of the sampling, 0 to 2. Default: the model's.
        max_tokens: The longest answer, in tokens. Default: the model's. Sent as
            ``max_completion_tokens`` to deployments that are named as a model of OpenAI that
            reasons.
        logprobs: Return the log probabilities of the tokens. Default: only if ``top_logprobs``.
        top_logprobs: How many likely tokens to return at each position, 0 to 20. Default 0.
        strict: Bind the model to the schemas of tools and answer. Default False.
        reasoning_effort: ``low``, ``medium``, ``high`` or what else the model knows. Default: the
            model's.
        additional_kwargs: Further parameters of the request; they win over the others, and None
            removes one. For a model that refuses a JSON schema as ``response_format``, set that
            to ``{"type": "text"}``: the schema is then told in words. Default none.
    """

    model: str = Field(min_length=1)  # pyright: ignore[reportIncompatibleVariableOverride]
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)


def _azure_sdk() -> Any:
    return openai_sdk("Azure", "azure")


__all__ = ["AZURE", "AzureChatModelConnection", "AzureChatModelSetup"]

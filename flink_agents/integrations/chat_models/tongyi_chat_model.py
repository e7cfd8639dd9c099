"""Chat models of Tongyi (Qwen and others), which Alibaba Cloud serves as DashScope."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, SecretStr, field_validator, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.integrations.chat_models.api_key import resolve_api_key
from flink_agents.integrations.chat_models.client_connection import ClientChatModelConnection
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider
from flink_agents.integrations.chat_models.reserved_parameters import check_reserved
from flink_agents.integrations.chat_models.server_url import checked_url
from flink_agents.integrations.chat_models.tongyi.dashscope_request import (
    RESERVED,
    ChatRequest,
    chat_request,
    to_dashscope_tool,
)
from flink_agents.integrations.shared_clients import settings_key

if TYPE_CHECKING:
    from flink_agents.integrations.chat_models.tongyi.dashscope_session import Client

TONGYI: Final = Provider(
    name="Tongyi",
    server="DashScope",
    url="base_url, which usually ends in /api/v1",
    key="api_key or DASHSCOPE_API_KEY",
    timeout="request_timeout",
)


class TongyiChatModelConnection(ClientChatModelConnection):
    """Connection to DashScope.

    Connections on the same event loop share one pool of HTTP connections. A request whose
    connection is lost before the answer begins is sent once more by the SDK; nothing else is
    repeated here.

    Attributes:
        api_key: The key. Default: the environment variable ``DASHSCOPE_API_KEY``; one of both has
            to be set. A region has keys of its own.
        request_timeout: Seconds for an answer; of a streamed one, for each piece. Above 0, default
            60.
        base_url: Where the API is, such as ``https://dashscope-intl.aliyuncs.com/api/v1``.
            Default: the SDK's ``dashscope.base_http_api_url``, which it takes from the environment
            variable ``DASHSCOPE_HTTP_BASE_URL``, else ``https://dashscope.aliyuncs.com/api/v1``.
    """

    native_structured_output: ClassVar[bool] = True

    api_key: SecretStr | None = None
    request_timeout: float = Field(default=60.0, gt=0)
    base_url: str | None = None

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        # The SDK's transport refuses to send credentials along with the key, and logs them.
        return None if url is None else checked_url(url, "base_url", "leave them out")

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.api_key = resolve_api_key(self.api_key, "DASHSCOPE_API_KEY")
        self._clients = _dashscope_sdk().CLIENTS.user()
        return self

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Send a conversation and wait for the answer.

        Args:
            messages: The conversation, oldest first.
            tools: Tools that the model may ask to call.
            **kwargs: Parameters of the request, ``model`` among them; one that is None is not
                sent. Besides: ``extract_reasoning`` (bool), ``output_schema`` (a JSON schema) for
                the answer, ``multimodal`` (bool, default by the model and the messages) to choose
                the endpoint, ``request_timeout`` (seconds), and the SDK's ``headers``,
                ``workspace`` and ``plugins``.

        Returns:
            The assistant's message. Its ``extra_args`` hold ``model_name``, ``promptTokens``,
            ``completionTokens`` and ``finish_reason``; and ``reasoning``, if there is any and
            ``extract_reasoning`` asks for it.

        Raises:
            ModelTimeoutError: If the server does not answer in time.
            ModelUnavailableError: If it cannot be reached, is overloaded or limits the rate.
            ModelRequestError: If it refuses the request, or the request cannot be made.
            ModelOutputError: If its answer cannot be read.
        """
        request, call = self._request(messages, tools, kwargs)
        return await _dashscope_sdk().complete_chat(self._client(), self.api_key, request, call)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces."""
        request, call = self._request(messages, tools, kwargs)
        streamed = _dashscope_sdk().stream_chat(self._client(), self.api_key, request, call)
        async with aclosing(streamed) as chunks:
            async for chunk in chunks:
                yield chunk

    def _client(self) -> Client:
        # The key and the URL belong to a request, so clients differ by their size alone.
        return self._shared_client(
            lambda: settings_key(self.max_in_flight),
            lambda: _dashscope_sdk().Client(self.max_in_flight),
        )

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[ChatRequest, ModelCall]:
        call = self._call(arguments)
        with call.making_request():
            return chat_request(messages, tools or (), arguments), call

    def _call(self, arguments: Mapping[str, Any]) -> ModelCall:
        assert self.api_key is not None
        headers = arguments.get("headers") or {}
        return ModelCall(
            provider=TONGYI,
            model=str(arguments.get("model")),
            base_url=self.base_url or _dashscope_sdk().default_base_url(),
            timeout=arguments.get("request_timeout") or self.request_timeout,
            secrets=(self.api_key.get_secret_value(), *map(str, headers.values())),
        )


class TongyiChatModelSetup(BaseChatModelSetup):
    """How a model of DashScope is used.

    An answer of a given schema is asked for in words, since few models know a schema as a
    parameter. Models that neither think nor have tools are kept to JSON besides, by
    ``response_format``.

    Attributes:
        connection: Name of the connection.
        model: Name of the model. Default ``qwen-plus``.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
        temperature: Of the sampling, 0 to 2 (models of Qwen take less than 2), default 0.7; None
            to send none.
        extract_reasoning: Have the model think before it answers, and return what it thought as
            ``extra_args["reasoning"]`` of the answer. Sends ``enable_thinking``, unless
            ``additional_kwargs`` does; None there leaves it out, for models that always think.
            The answer is then streamed, as most models think in no other way. Default False:
            what comes of reasoning is dropped.
        additional_kwargs: Further parameters of the request, and those of
            :meth:`TongyiChatModelConnection.achat`. They win over the others; None removes one.
            Default none.
    """

    model: str | None = "qwen-plus"
    temperature: float | None = Field(default=0.7, ge=0.0, le=2.0)
    extract_reasoning: bool = False
    additional_kwargs: dict[str, Any] = Field(default_factory=dict[str, Any])

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_reserved(self.additional_kwargs, RESERVED)
        return self

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the request, by the names that DashScope has for them."""
        kwargs: dict[str, Any] = {
            "model": self.model,
            "extract_reasoning": self.extract_reasoning,
        }
        if self.temperature is not None:
            kwargs["temperature"] = self.temperature
        return {**kwargs, **self.additional_kwargs}


@functools.cache
def _dashscope_sdk() -> Any:
    """The module with all that needs the SDK, which is optional and slow to import."""
    try:
        from flink_agents.integrations.chat_models.tongyi import dashscope_client
    except ImportError as error:
        raise EnvironmentSetupError(
            f"Tongyi chat models need the package dashscope ({error}). "
            'Install it: pip install "pyflink-agents[tongyi]"'
        ) from error
    return dashscope_client


__all__ = ["TongyiChatModelConnection", "TongyiChatModelSetup", "to_dashscope_tool"]

"""Chat models of an Ollama server: on this machine, or wherever one runs."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator
from typing_extensions import Self

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.integrations.chat_models.client_connection import ClientChatModelConnection
from flink_agents.integrations.chat_models.ollama.ollama_call import (
    OLLAMA,
    OllamaCall,
    ThinkingNotSupportedError,
)
from flink_agents.integrations.chat_models.ollama.ollama_request import (
    ChatRequest,
    chat_request,
    check_parameters,
)
from flink_agents.integrations.chat_models.server_url import checked_url

if TYPE_CHECKING:
    from flink_agents.integrations.chat_models.ollama.ollama_client import (
        ClientSettings,
        OllamaClient,
    )


class OllamaChatModelConnection(ClientChatModelConnection):
    """Connection to an Ollama server.

    Equal connections on the same event loop share one client. Nothing is repeated here.

    Attributes:
        base_url: The server's root, default ``http://localhost:11434``. The environment variable
            ``OLLAMA_HOST`` is not read: what is not given is as documented. For a server that asks
            for credentials, put user and password into the URL, or a key into the environment
            variable ``OLLAMA_API_KEY``, which the SDK sends to any server.
        request_timeout: Seconds without a sign of the server after which a call is given up.
            Above 0, default 30. An answer that is not streamed is one sign: the server has to
            wait for its turn, load the model and write the answer within that time. Of a streamed
            one, each piece is a sign.
    """

    native_structured_output: ClassVar[bool] = True

    base_url: str = Field(default="http://localhost:11434", repr=False)
    request_timeout: float = Field(default=30.0, gt=0)

    #: Models of this server that were found to be unable to think.
    _cannot_think: set[str] = PrivateAttr(default_factory=set[str])

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, base_url: str) -> str:
        return checked_url(base_url, "base_url")

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self._clients = ollama_sdk().CLIENTS.user()
        return self

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Send a conversation and wait for the answer.

        Args:
            messages: The conversation, oldest first.
            tools: Tools that the model may ask to call.
            **kwargs: Parameters of the request, ``model`` among them; one that is None is not
                sent. Fields of a chat request, such as ``keep_alive`` and ``think``, are sent as
                such and all others as options of the model. Without ``think``, the model thinks
                if it can. Besides: ``extract_reasoning`` (bool, default True), and
                ``output_schema`` (a JSON schema) for the answer.

        Returns:
            The assistant's message. Its ``extra_args`` hold ``model_name``, ``promptTokens``,
            ``completionTokens`` and ``finish_reason``, and ``reasoning`` and ``logprobs`` where
            there are any.

        Raises:
            ModelTimeoutError: If the server does not answer in time.
            ModelUnavailableError: If it cannot be reached, is overloaded or fails.
            ModelRequestError: If it refuses the request, or the request cannot be made.
            ModelOutputError: If its answer cannot be read.
        """
        request, call = self._request(messages, tools, kwargs)
        client = self._client()
        try:
            return await ollama_sdk().complete_chat(client, request, call)
        except ThinkingNotSupportedError:
            if not request.may_think:
                raise
        self._cannot_think.add(request.model)
        return await ollama_sdk().complete_chat(client, request.without_thinking(), call)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces."""
        request, call = self._request(messages, tools, kwargs)
        client = self._client()
        try:
            async with aclosing(ollama_sdk().stream_chat(client, request, call)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except ThinkingNotSupportedError:
            if not request.may_think:
                raise
        self._cannot_think.add(request.model)
        request = request.without_thinking()
        async with aclosing(ollama_sdk().stream_chat(client, request, call)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _request(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
    ) -> tuple[ChatRequest, OllamaCall]:
        call = self._call(str(arguments.get("model")))
        with call.making_request():
            request = chat_request(messages, tools or (), arguments)
        if request.may_think and request.model in self._cannot_think:
            request = request.without_thinking()
        return request, call

    def _client(self) -> OllamaClient:
        settings = self._settings()
        return self._shared_client(settings.key, lambda: ollama_sdk().OllamaClient(settings))

    def _settings(self) -> ClientSettings:
        return ollama_sdk().ClientSettings(self.base_url, self.request_timeout, self.max_in_flight)

    def _call(self, model: str) -> OllamaCall:
        return OllamaCall(
            provider=OLLAMA,
            model=model,
            base_url=self.base_url,
            timeout=self.request_timeout,
            secrets=self._settings().secrets,
        )


class OllamaChatModelSetup(BaseChatModelSetup):
    """How a model of an Ollama server is used.

    Attributes:
        connection: Name of the connection.
        model: Name of the model, such as ``qwen3:8b``. The server has to have it.
        prompt: Goes before the messages of a request; a prompt or the name of one.
        tools: Names of the tools that the model may call.
        temperature: Of the sampling, 0 or more, usually up to 1. Default 0.75; None for the
            model's own.
        num_ctx: Tokens that prompt and answer may have together. Above 0, default 2,048; None for
            the server's own. What does not fit is cut off in the beginning of the conversation.
        keep_alive: How long the model stays loaded after the call: a text such as ``10m``, or
            seconds; below 0 for ever. Default ``5m``.
        extract_reasoning: Put what the model thought, in its field or in tags such as
            ``<think>``, into ``extra_args["reasoning"]``. Default True. Otherwise tags stay in the
            text, and the field is only kept to be sent back with tool calls.
        additional_kwargs: Further parameters. Fields of a chat request, such as ``format``,
            ``truncate``, ``logprobs``, are sent as such, all others as options of the model, such
            as ``seed``, ``num_predict``, ``stop``. They win over the others; None removes one.
            Default none.
        think: Think before the answer; some models take ``low``, ``medium`` or ``high``. Default
            True, if the model can: one that cannot is asked again without. If it is set to True,
            a model that cannot is an error.
    """

    model: str | None = Field(min_length=1)
    temperature: float | None = Field(default=0.75, ge=0.0)
    num_ctx: int | None = Field(default=2048, gt=0)
    keep_alive: str | float | None = "5m"
    extract_reasoning: bool = True
    additional_kwargs: dict[str, Any] = Field(default_factory=dict[str, Any])
    think: bool | Literal["low", "medium", "high"] = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.model is None:
            raise ValueError("model is None: name the model, such as 'qwen3:8b'")
        check_parameters(self.additional_kwargs)
        return self

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the request. ``think`` is among them if it was set."""
        names = ["model", "temperature", "num_ctx", "keep_alive", "extract_reasoning"]
        if "think" in self.model_fields_set:
            names.append("think")
        return {**{name: getattr(self, name) for name in names}, **self.additional_kwargs}


@functools.cache
def ollama_sdk() -> Any:
    """The module with all that needs the SDK, which is optional and slow to import."""
    try:
        from flink_agents.integrations.chat_models.ollama import ollama_client
    except ImportError as error:
        raise EnvironmentSetupError(
            f"Ollama chat models need the package ollama ({error}). "
            'Install it: pip install "pyflink-agents[ollama]"'
        ) from error
    return ollama_client


__all__ = ["OllamaChatModelConnection", "OllamaChatModelSetup", "ollama_sdk"]

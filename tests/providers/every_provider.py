"""The five providers side by side, for the tests that go over all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from flink_agents.integrations.chat_models.anthropic import anthropic_client
from flink_agents.integrations.chat_models.ollama import ollama_client
from flink_agents.integrations.chat_models.openai import openai_client
from flink_agents.integrations.chat_models.tongyi import dashscope_client
from flink_agents.integrations.shared_clients import SharedClients
from tests.providers import (
    anthropic_protocol,
    azure_protocol,
    dashscope_protocol,
    ollama_protocol,
    openai_protocol,
)
from tests.providers.asking import OPENAI, Asked
from tests.providers.faults import CANARY, SECRETS
from tests.providers.recorded_server import Answer, Check, RecordedRequest, Streamed

_COUNTED = {"promptTokens": 9, "completionTokens": 3}


def _messages(body: Any) -> Any:
    return body["messages"]


def _pieces_of(text: str) -> list[str]:
    return [text[n : n + 4] for n in range(0, len(text), 4)]


def _deltas(text: str) -> list[dict[str, str]]:
    return [{"content": piece} for piece in _pieces_of(text)]


def _event(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


@dataclass(frozen=True)
class Provider:
    """A provider, its server and what is its own in between.

    Attributes:
        name: For people.
        asked: Its classes.
        check: What its server says to a bad request.
        text: Its answer of a text.
        streamed: The same in pieces, the first three of which do not end it.
        error: Its error of a status with a message.
        overloaded: Its error of a status, that may pass.
        failed_event: What it sends if it fails while it streams.
        told: What an answer tells about itself.
        url: The argument of the connection with the URL of the server.
        key: The environment variable that may hold the key.
        clients: Those that its connections share.
        unsendable: A parameter of a call that goes into the request whatever it is.
        secrets: How to ask a server of some URL with secrets; arguments of ``asking.ask``.
        call: Arguments that every call of a connection needs.
        timeout: The argument of the connection with the seconds that a call may take.
        retries: Arguments that let the SDK repeat once what may pass; none if it has none.
        repeats: How often the SDK then sends a request again at most.
        messages: The conversation in a request's body.
    """

    name: str
    asked: Asked
    check: Check
    text: Callable[[str], Answer]
    streamed: Callable[[str], Streamed]
    error: Callable[[int, str], Answer]
    overloaded: Callable[[int], Answer]
    failed_event: bytes
    told: dict[str, Any]
    url: str
    key: str
    clients: SharedClients[Any]
    unsendable: str = "user"
    secrets: Callable[[str], dict[str, Any]] = lambda _: {"connection": SECRETS}
    call: dict[str, Any] = field(default_factory=lambda: {"model": "m"})
    timeout: str = "timeout"
    retries: dict[str, Any] | None = None
    repeats: int = 0
    messages: Callable[[Any], Any] = _messages

    def __str__(self) -> str:
        return self.name

    def begun(self) -> Streamed:
        """The first pieces of a text, which begins with ``Hell``."""
        whole = self.streamed("Hello, hello, hello, hello.")
        return replace(whole, pieces=whole.pieces[:4])

    def question(self, request: RecordedRequest) -> str:
        """The text of the first message."""
        content = self.messages(request.body)[0]["content"]
        return content if isinstance(content, str) else content[0]["text"]


PROVIDERS = [
    Provider(
        "OpenAI",
        OPENAI,
        openai_protocol.check,
        openai_protocol.text,
        lambda text: openai_protocol.streamed(*_deltas(text)),
        openai_protocol.error,
        openai_protocol.overloaded,
        _event({"error": {"message": "Oh.", "code": None}}),
        {**_COUNTED, "model_name": "gpt-test-0613", "finish_reason": "stop"},
        "api_base_url",
        "OPENAI_API_KEY",
        openai_client.CLIENTS,
        retries={"max_retries": 1},
        repeats=1,
    ),
    Provider(
        "Anthropic",
        anthropic_protocol.ANTHROPIC,
        anthropic_protocol.check,
        anthropic_protocol.text,
        lambda text: anthropic_protocol.streamed({"type": "text", "text": text}),
        anthropic_protocol.error,
        anthropic_protocol.overloaded,
        b"event: error\n" + _event(anthropic_protocol.problem("overloaded_error", "Busy.")),
        {**_COUNTED, "model_name": "claude-test-1", "finish_reason": "end_turn"},
        "api_base_url",
        "ANTHROPIC_API_KEY",
        anthropic_client.CLIENTS,
        unsendable="service_tier",
        call={"model": "m", "max_tokens": 9},
        retries={"max_retries": 1},
        repeats=1,
    ),
    Provider(
        "Ollama",
        ollama_protocol.OLLAMA,
        ollama_protocol.check,
        ollama_protocol.text,
        lambda text: ollama_protocol.streamed(*_deltas(text)),
        ollama_protocol.error,
        ollama_protocol.overloaded,
        b'{"error": "model runner has stopped"}\n',
        {**_COUNTED, "model_name": "tiny:latest", "finish_reason": "stop"},
        "base_url",
        "OLLAMA_API_KEY",
        ollama_client.CLIENTS,
        unsendable="stop",
        secrets=lambda url: {
            "connection": {
                "base_url": url.replace("http://", f"http://me:{CANARY}@"),
                "request_timeout": 0.3,
            }
        },
        timeout="request_timeout",
    ),
    Provider(
        "Tongyi",
        dashscope_protocol.TONGYI,
        dashscope_protocol.check,
        dashscope_protocol.text,
        lambda text: dashscope_protocol.streamed(*_deltas(text)),
        dashscope_protocol.error,
        dashscope_protocol.overloaded,
        dashscope_protocol.error_event("InternalError.Algo", "Oh."),
        {**_COUNTED, "model_name": "qwen-plus", "finish_reason": "stop"},
        "base_url",
        "DASHSCOPE_API_KEY",
        dashscope_client.CLIENTS,
        unsendable="stop",
        secrets=lambda _: {
            "connection": {"api_key": CANARY, "request_timeout": 0.3},
            "headers": SECRETS["default_headers"],
        },
        timeout="request_timeout",
        repeats=1,  # The SDK does, when a connection breaks before the answer begins.
        messages=lambda body: body["input"]["messages"],
    ),
    Provider(
        "Azure",
        azure_protocol.AZURE,
        azure_protocol.check,
        openai_protocol.text,
        lambda text: openai_protocol.streamed(*_deltas(text)),
        openai_protocol.error,
        openai_protocol.overloaded,
        _event({"error": {"message": "Oh.", "code": None}}),
        {**_COUNTED, "model_name": "gpt-test-0613", "finish_reason": "stop"},
        "endpoint",
        "AZURE_OPENAI_API_KEY",
        openai_client.CLIENTS,
        retries={"max_retries": 1},
        repeats=1,
    ),
]

#: Those whose SDK repeats what may pass.
REPEATING = [provider for provider in PROVIDERS if provider.retries]
BY_NAME = {provider.name: provider for provider in PROVIDERS}


def each_provider(providers: Sequence[Provider] = PROVIDERS) -> pytest.MarkDecorator:
    """Run a test with each ``provider``."""
    return pytest.mark.parametrize("provider", providers, ids=str)

"""The five providers side by side, for the tests that go over all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.providers import (
    anthropic_protocol,
    azure_protocol,
    dashscope_protocol,
    ollama_protocol,
    openai_protocol,
)
from tests.providers.asking import OPENAI, Asked
from tests.providers.recorded_server import Answer, Check, RecordedRequest, Streamed


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
        overloaded: Its error of a status, that may pass.
        failed_event: What it sends if it fails while it streams.
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
    overloaded: Callable[[int], Answer]
    failed_event: bytes
    timeout: str = "timeout"
    retries: dict[str, Any] | None = None
    repeats: int = 0
    messages: Callable[[Any], Any] = _messages

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
        openai_protocol.overloaded,
        _event({"error": {"message": "Oh.", "code": None}}),
        retries={"max_retries": 1},
        repeats=1,
    ),
    Provider(
        "Anthropic",
        anthropic_protocol.ANTHROPIC,
        anthropic_protocol.check,
        anthropic_protocol.text,
        lambda text: anthropic_protocol.streamed({"type": "text", "text": text}),
        anthropic_protocol.overloaded,
        b"event: error\n" + _event(anthropic_protocol.problem("overloaded_error", "Busy.")),
        retries={"max_retries": 1},
        repeats=1,
    ),
    Provider(
        "Ollama",
        ollama_protocol.OLLAMA,
        ollama_protocol.check,
        ollama_protocol.text,
        lambda text: ollama_protocol.streamed(*_deltas(text)),
        ollama_protocol.overloaded,
        b'{"error": "model runner has stopped"}\n',
        timeout="request_timeout",
    ),
    Provider(
        "Tongyi",
        dashscope_protocol.TONGYI,
        dashscope_protocol.check,
        dashscope_protocol.text,
        lambda text: dashscope_protocol.streamed(*_deltas(text)),
        dashscope_protocol.overloaded,
        dashscope_protocol.error_event("InternalError.Algo", "Oh."),
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
        openai_protocol.overloaded,
        _event({"error": {"message": "Oh.", "code": None}}),
        retries={"max_retries": 1},
        repeats=1,
    ),
]

BY_NAME = {provider.name: provider for provider in PROVIDERS}

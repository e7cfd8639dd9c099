"""The Java chat models of the jar, asked from Python: its SDKs work where they were moved to."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.resource import ResourceName
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import (
    ModelError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from tests.providers import anthropic_protocol, azure_protocol, ollama_protocol, openai_protocol
from tests.providers.faults import CANARY, HEADER_CANARY, echo
from tests.providers.recorded_server import Answer, RecordedServer, Reset, Silence, Step

pytestmark = pytest.mark.java

Java = ResourceName.ChatModel.Java
Connect = Callable[..., Any]


@dataclass(frozen=True)
class JavaProvider:
    """A Java chat model and the server that it talks to.

    Attributes:
        connection: Full name of the Java class of its connections.
        setup: Full name of the Java class of its setups.
        protocol: What the server takes and answers.
        arguments: Of a connection to a server of that URL that does not retry.
        calls: An answer with the calls add(1, 2) and add(3, 4), in this order.
        answered: The ids, or the names, of the calls that the results in a request answer.
        model: Arguments that each call needs.
        timeout: Name of the argument that bounds a request, in seconds.
        secret: Further arguments of such a connection, with secrets that no error may tell.
    """

    connection: str
    setup: str
    protocol: Any
    arguments: Callable[[str], dict[str, Any]]
    calls: Answer
    answered: Callable[[list[dict[str, Any]]], list[str]]
    model: dict[str, Any] = field(default_factory=lambda: {"model": "tiny"})
    timeout: str = "timeout"
    secret: Callable[[str], dict[str, Any]] = lambda _: {
        "api_key": CANARY,
        "default_headers": {"X-Gateway-Token": HEADER_CANARY},
    }

    def text(self, content: str) -> Answer:
        """An answer of text."""
        return getattr(self.protocol, "text", openai_protocol.text)(content)

    def overloaded(self, status: int) -> Answer:
        """An error that may pass."""
        return getattr(self.protocol, "overloaded", openai_protocol.overloaded)(status)


def _answered_by_id(messages: list[dict[str, Any]]) -> list[str]:
    return [m["tool_call_id"] for m in messages if m["role"] == "tool"]


def _answered_in_blocks(messages: list[dict[str, Any]]) -> list[str]:
    (results,) = [
        m["content"] for m in messages if isinstance(m["content"], list) and m["role"] == "user"
    ]
    return [block["tool_use_id"] for block in results if block["type"] == "tool_result"]


_OPENAI_CALLS = openai_protocol.tool_calls(
    ("call_1", "add", '{"a": 1, "b": 2}'), ("call_2", "add", '{"a": 3, "b": 4}')
)

PROVIDERS: dict[str, JavaProvider] = {
    "openai": JavaProvider(
        Java.OPENAI_CONNECTION,
        Java.OPENAI_SETUP,
        openai_protocol,
        lambda url: {"api_key": "sk-test-key", "api_base_url": f"{url}/v1", "max_retries": 0},
        _OPENAI_CALLS,
        _answered_by_id,
    ),
    "anthropic": JavaProvider(
        Java.ANTHROPIC_CONNECTION,
        Java.ANTHROPIC_SETUP,
        anthropic_protocol,
        lambda url: {"api_key": "sk-test-key", "api_base_url": url, "max_retries": 0},
        anthropic_protocol.tool_calls(
            ("call_1", "add", {"a": 1, "b": 2}), ("call_2", "add", {"a": 3, "b": 4})
        ),
        _answered_in_blocks,
        {"model": "tiny", "max_tokens": 10},
    ),
    "azure": JavaProvider(
        Java.AZURE_CONNECTION,
        Java.AZURE_SETUP,
        azure_protocol,
        lambda url: {
            "apiKey": "sk-test-key",
            "endpoint": f"{url}/models?api-version=1",
            "maxRetries": 0,
        },
        _OPENAI_CALLS,
        _answered_by_id,
        secret=lambda _: {
            "apiKey": CANARY,
            "default_headers": {"X-Gateway-Token": HEADER_CANARY},
        },
    ),
    "ollama": JavaProvider(
        Java.OLLAMA_CONNECTION,
        Java.OLLAMA_SETUP,
        ollama_protocol,
        lambda url: {"endpoint": url},
        ollama_protocol.tool_calls(
            ("call_1", "add", {"a": 1, "b": 2}), ("call_2", "add", {"a": 3, "b": 4})
        ),
        _answered_by_id,
        timeout="requestTimeout",
        # The password of its address is the one secret that it takes.
        secret=lambda url: {"endpoint": url.replace("//", f"//user:{CANARY}@")},
    ),
}

each_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))


def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


def said(text: str) -> list[ChatMessage]:
    return [ChatMessage(content=text)]


@each_provider
def test_it_answers_with_its_usage(
    provider: JavaProvider, connect: Connect, set_up: Connect
) -> None:
    with RecordedServer(provider.protocol.check) as server:
        server.script(provider.text("Grüße 👍"))
        opened = connect(provider.connection, **provider.arguments(server.url))
        model = set_up(opened, java_clazz=provider.setup, model="tiny")
        answer = model.chat(said("Schön?"))
        assert "Schön?" in str(server.only_request.body["messages"])
    assert (answer.role, answer.content) == (MessageRole.ASSISTANT, "Grüße 👍")
    assert answer.extra_args["model_name"]
    assert (answer.extra_args["promptTokens"], answer.extra_args["completionTokens"]) == (9, 3)
    assert answer.extra_args["finish_reason"]


@each_provider
def test_the_results_of_two_calls_name_the_calls_that_they_answer(
    provider: JavaProvider, connect: Connect, set_up: Connect
) -> None:
    tool = FunctionTool(add)
    with RecordedServer(provider.protocol.check) as server:
        server.script(provider.calls, provider.text("3 and 7."))
        opened = connect(provider.connection, **provider.arguments(server.url))
        model = set_up(opened, tool, java_clazz=provider.setup, model="tiny")
        question = said("1 + 2? 3 + 4?")
        asked = model.chat(question)
        assert [call["function"] for call in asked.tool_calls] == [
            {"name": "add", "arguments": {"a": 1, "b": 2}},
            {"name": "add", "arguments": {"a": 3, "b": 4}},
        ]
        assert [call["original_id"] for call in asked.tool_calls] == ["call_1", "call_2"]
        results = [
            ChatMessage(
                role=MessageRole.TOOL,
                content=str(tool.call(**call["function"]["arguments"])),
                extra_args={"external_id": call["original_id"], "tool_name": "add"},
            )
            for call in asked.tool_calls
        ]
        assert model.chat([*question, asked, *results]).content == "3 and 7."
        assert server.refusals == []
        second = server.requests[1].body["messages"]
    assert provider.answered(second) == ["call_1", "call_2"]
    assert 0 < str(second).find("'3'") < str(second).find("'7'")


def assert_fails_without_a_secret(attempt: Callable[[], Any], kind: type[ModelError]) -> str:
    with pytest.raises(ModelError) as raised:
        attempt()
    assert type(raised.value) is kind
    told = "".join(traceback.format_exception(raised.value))
    for secret in (CANARY, HEADER_CANARY, base64.b64encode(f"user:{CANARY}".encode()).decode()):
        assert secret not in told
    return str(raised.value)


@each_provider
def test_each_fault_is_an_error_of_its_kind_without_the_key(
    provider: JavaProvider, connect: Connect
) -> None:
    with RecordedServer(provider.protocol.check) as server:
        arguments = {**provider.arguments(server.url), **provider.secret(server.url)}
        opened = connect(provider.connection, **{**arguments, provider.timeout: 5})
        hurried = connect(provider.connection, **{**arguments, provider.timeout: 0.3})

        def fails(step: Step | None, kind: type[ModelError], connection: Any = opened) -> str:
            if step is not None:
                server.script(step)
            return assert_fails_without_a_secret(
                lambda: connection.chat(said("Hi."), **provider.model), kind
            )

        assert "401" in fails(Answer.of({"error": {"message": "no"}}, 401), ModelRequestError)
        assert "429" in fails(provider.overloaded(429), ModelUnavailableError)
        assert "500" in fails(provider.overloaded(500), ModelUnavailableError)
        fails(Reset(), ModelUnavailableError)
        fails(Silence(), ModelTimeoutError, hurried)
        for status, kind in ((401, ModelRequestError), (500, ModelUnavailableError)):
            server.always(lambda request, status=status: echo(request, status))
            fails(None, kind)


def test_a_server_that_is_not_there_is_named(connect: Connect) -> None:
    opened = connect(Java.OLLAMA_CONNECTION, endpoint="http://127.0.0.1:9")
    with pytest.raises(ModelUnavailableError, match=r"http://127\.0\.0\.1:9"):
        opened.chat(said("Hi."), model="tiny")

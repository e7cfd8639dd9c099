"""The Python programs that users of this kind of agent write, as they know them, run.

Only the address of the server is another one: it is a server of the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Dict, List  # noqa: UP035

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ResourceTypeError
from flink_agents.testing import run_agent
from tests.providers import (
    anthropic_protocol,
    azure_protocol,
    dashscope_protocol,
    ollama_protocol,
    openai_protocol,
)
from tests.providers.recorded_server import RecordedServer

# ruff: noqa: UP006


class Overview(Agent):
    @chat_model_connection
    @staticmethod
    def ollama_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_CONNECTION,
            base_url="http://localhost:11434",
            request_timeout=30.0,
        )

    @chat_model_setup
    @staticmethod
    def ollama_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_SETUP,
            connection="ollama_connection",
            model="qwen3:8b",
            temperature=0.7,
        )

    @action(InputEvent)
    @staticmethod
    def process_input(event: InputEvent, ctx: RunnerContext) -> None:
        user_message = ChatMessage(role=MessageRole.USER, content=f"input: {event.input}")
        ctx.send_event(ChatRequestEvent(model="ollama_chat_model", messages=[user_message]))

    @action(ChatResponseEvent)
    @staticmethod
    def process_response(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        response_content = event.response.content
        ctx.send_event(OutputEvent(output=response_content))


class Anthropic(Agent):
    @chat_model_connection
    @staticmethod
    def anthropic_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.ANTHROPIC_CHAT_MODEL_CONNECTION,
            api_key="<your-api-key>",
            max_retries=3,
            timeout=60.0,
        )

    @chat_model_setup
    @staticmethod
    def anthropic_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.ANTHROPIC_CHAT_MODEL_SETUP,
            connection="anthropic_connection",
            model="claude-sonnet-4-20250514",
            max_tokens=2048,
            temperature=0.7,
        )

    ...


class Ollama(Agent):
    @chat_model_connection
    @staticmethod
    def ollama_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_CONNECTION,
            base_url="http://localhost:11434",
            request_timeout=120.0,
        )

    @chat_model_setup
    @staticmethod
    def my_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OLLAMA_CHAT_MODEL_SETUP,
            connection="ollama_connection",
            model="qwen3:8b",
            temperature=0.7,
            num_ctx=4096,
            keep_alive="10m",
            extract_reasoning=True,
        )

    ...


class OpenAI(Agent):
    @chat_model_connection
    @staticmethod
    def openai_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION,
            api_key="<your-api-key>",
            api_base_url="https://api.openai.com/v1",
            max_retries=3,
            timeout=60.0,
        )

    @chat_model_setup
    @staticmethod
    def openai_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_SETUP,
            connection="openai_connection",
            model="gpt-4",
            temperature=0.7,
            max_tokens=1000,
        )

    ...


class Tongyi(Agent):
    @chat_model_connection
    @staticmethod
    def tongyi_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.TONGYI_CHAT_MODEL_CONNECTION,
            api_key="your-api-key-here",  # Or set DASHSCOPE_API_KEY env var
            request_timeout=60.0,
        )

    @chat_model_setup
    @staticmethod
    def tongyi_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.TONGYI_CHAT_MODEL_SETUP,
            connection="tongyi_connection",
            model="qwen-plus",
            temperature=0.7,
            extract_reasoning=True,
        )

    ...


class Azure(Agent):
    @chat_model_connection
    @staticmethod
    def azure_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.AZURE_CHAT_MODEL_CONNECTION,
            endpoint="https://your-resource.inference.ai.azure.com",
            apiKey="your-api-key-here",
        )

    @chat_model_setup
    @staticmethod
    def azure_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.AZURE_CHAT_MODEL_SETUP,
            connection="azure_connection",
            model="gpt-4o",
        )

    ...


class MyChatModelConnection(BaseChatModelConnection):
    def chat(
        self,
        messages: Sequence[ChatMessage],
        tools: List[Tool] | None = None,
        **kwargs: Any,
    ) -> ChatMessage:
        said = f"{messages[-1].content} to {kwargs['model']} at {kwargs['temperature']}"
        return ChatMessage(role=MessageRole.ASSISTANT, content=said)


class MyChatModelSetup(BaseChatModelSetup):
    # Add your custom configuration fields here

    @property
    def model_kwargs(self) -> Dict[str, Any]:
        return {"model": self.model, "temperature": 0.7}


@pytest.fixture
def server() -> Iterator[Any]:
    """Starts a server that takes what a protocol takes."""
    with ExitStack() as stack:
        yield lambda protocol: stack.enter_context(RecordedServer(protocol.check))


def moved(agent: type[Agent], connection: str, **arguments: Any) -> type[Agent]:
    """The same agent with another address of its server."""
    declared = getattr(agent, connection)()
    described = {**declared.arguments, **arguments}

    def connect() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=declared.clazz, arguments=described)

    return type("MyAgent", (agent,), {connection: chat_model_connection(staticmethod(connect))})


def asking(agent: Agent, model: str) -> Agent:
    """What stands for the three dots in the example."""

    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(ChatRequestEvent(model=model, messages=[ChatMessage(content=event.input)]))

    def answer(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        ctx.send_event(OutputEvent(output=event.response.content))

    return agent.add_action("ask", [InputEvent], ask).add_action(
        "answer", [ChatResponseEvent], answer
    )


ONE = [{"key": "k", "value": "What is it?"}]

EXAMPLES: list[tuple[type[Agent], str, str, Any, dict[str, str]]] = [
    (
        Anthropic,
        "anthropic_connection",
        "anthropic_chat_model",
        anthropic_protocol,
        {"api_base_url": "{url}"},
    ),
    (Ollama, "ollama_connection", "my_chat_model", ollama_protocol, {"base_url": "{url}"}),
    (
        OpenAI,
        "openai_connection",
        "openai_chat_model",
        openai_protocol,
        {"api_base_url": "{url}/v1"},
    ),
    (
        Tongyi,
        "tongyi_connection",
        "tongyi_chat_model",
        dashscope_protocol,
        {"base_url": "{url}/api/v1", "api_key": "sk-of-a-test"},
    ),
    (
        Azure,
        "azure_connection",
        "azure_chat_model",
        azure_protocol,
        {"endpoint": "{url}/openai/v1"},
    ),
]


@pytest.mark.parametrize(
    ("agent", "connection", "model", "protocol", "arguments"),
    EXAMPLES,
    ids=[example[0].__name__ for example in EXAMPLES],
)
def test_the_example_of_a_provider_runs(
    server: Any,
    agent: type[Agent],
    connection: str,
    model: str,
    protocol: Any,
    arguments: dict[str, str],
) -> None:
    there = server(protocol)
    text = getattr(protocol, "text", openai_protocol.text)
    there.always(lambda _: text("An answer."))
    placed = {name: value.format(url=there.url) for name, value in arguments.items()}
    example = moved(agent, connection, **placed)
    assert run_agent(asking(example(), model), ONE) == [{"k": "An answer."}]
    assert there.refusals == []


def test_the_first_example_runs(server: Any) -> None:
    there = server(ollama_protocol)
    there.always(lambda _: ollama_protocol.text("An answer."))
    example = moved(Overview, "ollama_connection", base_url=there.url)
    assert run_agent(example(), ONE) == [{"k": "An answer."}]
    assert there.only_request.body["messages"] == [
        {"role": "user", "content": "input: What is it?"}
    ]


def test_a_setup_whose_class_is_a_connection_is_refused_with_the_name_to_use() -> None:
    class Mistaken(Ollama):
        @chat_model_setup
        @staticmethod
        def my_chat_model() -> ResourceDescriptor:
            return ResourceDescriptor(
                clazz=Constant.OLLAMA_CHAT_MODEL_CONNECTION,
                connection="ollama_connection",
                model="qwen3:8b",
            )

    with pytest.raises(ResourceTypeError, match="OLLAMA_CHAT_MODEL_SETUP"):
        run_agent(asking(Mistaken(), "my_chat_model"), ONE)


def test_a_custom_provider_runs() -> None:
    class Custom(Agent):
        @chat_model_connection
        @staticmethod
        def mine() -> ResourceDescriptor:
            return ResourceDescriptor(clazz=MyChatModelConnection)

        @chat_model_setup
        @staticmethod
        def model() -> ResourceDescriptor:
            return ResourceDescriptor(clazz=MyChatModelSetup, connection="mine", model="m")

    got = run_agent(asking(Custom(), "model"), ONE)
    assert got == [{"k": "What is it? to m at 0.7"}]

"""The agents that are measured. They import nothing of Flink, so they run in-process too."""

from __future__ import annotations

from typing import Any

from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.integrations.chat_models.openai.openai_chat_model import (
    OpenAIChatModelConnection,
    OpenAIChatModelSetup,
)

KEYS = 10_000


def key_of(number: int) -> str:
    """One of 10,000 keys."""
    return f"key-{number % KEYS}"


def echo_agent(marks: Marks) -> Agent:
    """Sends its input to the output."""

    def echo(event: InputEvent, ctx: Any) -> None:
        marks()
        ctx.send_event(OutputEvent(output=event.input))

    return Agent().add_action("echo", [InputEvent], echo)


def counting_agent(marks: Marks) -> Agent:
    """Counts the elements of each key in short-term memory."""

    def count(event: InputEvent, ctx: Any) -> None:
        marks()
        memory = ctx.short_term_memory
        count = (memory.get("count") or 0) + 1
        memory.set("count", count)
        ctx.send_event(OutputEvent(output=count))

    return Agent().add_action("count", [InputEvent], count)


def asking_agent(answered: Marks, asked: Marks | None = None) -> Agent:
    """Asks the chat model ``model`` about each element."""

    def ask(event: InputEvent, ctx: Any) -> None:
        if asked is not None:
            asked()
        message = ChatMessage(content="What do you think about it?")
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def answer(event: ChatResponseEvent, ctx: Any) -> None:
        answered()
        ctx.send_event(OutputEvent(output=len(event.response.content)))

    agent = Agent().add_action("ask", [InputEvent], ask)
    return agent.add_action("answer", [ChatResponseEvent], answer)


def add_openai_model(agent: Agent, base_url: str) -> Agent:
    """Add the chat model ``model`` of a server that speaks OpenAI's protocol."""
    agent.add_resource(
        "connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(clazz=OpenAIChatModelConnection, api_base_url=base_url, api_key="none"),
    )
    return agent.add_resource(
        "model",
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(clazz=OpenAIChatModelSetup, connection="connection", model="slow-model"),
    )

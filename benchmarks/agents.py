"""The agents that are measured. They import nothing of Flink, so they run in-process too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType

KEYS = 10_000


def key_of(number: int) -> str:
    """One of 10,000 keys."""
    return f"key-{number % KEYS}"


def one_of(keys: int) -> Callable[[int], str]:
    """Gives a number one of so many keys."""
    return key_of if keys == KEYS else lambda number: f"key-{number % keys}"


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


class Counted(Event):
    """The first of two actions has counted an element."""

    count: int


def two_actions_agent(marks: Marks) -> Agent:
    """Two actions that both read and write memory: one counts, the other adds up the counts."""

    def count(event: InputEvent, ctx: Any) -> None:
        memory = ctx.short_term_memory
        count = (memory.get("count") or 0) + 1
        memory.set("count", count)
        ctx.send_event(Counted(count=count))

    def add_up(event: Counted, ctx: Any) -> None:
        marks()
        memory = ctx.short_term_memory
        total = (memory.get("total") or 0) + event.count
        memory.set("total", total)
        ctx.send_event(OutputEvent(output=total))

    agent = Agent().add_action("count", [InputEvent], count)
    return agent.add_action("add_up", [Counted], add_up)


def asking_agent(answered: Callable[[], None], asked: Callable[[], None] | None = None) -> Agent:
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


def add_model(agent: Agent, provider: str, url: str) -> Agent:
    """Add the chat model ``model`` of a provider.

    Args:
        agent: Gets it.
        provider: ``openai``, ``anthropic``, ``ollama``, ``tongyi`` or ``azure``.
        url: Of the server, without a path.
    """
    arguments = {
        "openai": {"api_base_url": f"{url}/v1", "api_key": "none"},
        "anthropic": {"api_base_url": url, "api_key": "none"},
        "ollama": {"base_url": url, "request_timeout": 60.0},
        "tongyi": {"base_url": f"{url}/api/v1", "api_key": "none"},
        "azure": {"endpoint": url, "api_key": "none"},
    }[provider]
    clazz = getattr(Constant, f"{provider.upper()}_CHAT_MODEL_CONNECTION")
    agent.add_resource(
        "connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(clazz=clazz, arguments=arguments),
    )
    clazz = getattr(Constant, f"{provider.upper()}_CHAT_MODEL_SETUP")
    return agent.add_resource(
        "model",
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(clazz=clazz, connection="connection", model="slow-model"),
    )

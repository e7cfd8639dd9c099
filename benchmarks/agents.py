"""The agents that are measured. They import nothing of Flink, so they run in-process too."""

from __future__ import annotations

from typing import Any

from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent

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


def asking_agent(marks: Marks) -> Agent:
    """Asks the chat model ``model`` about each element; marks the answers."""

    def ask(event: InputEvent, ctx: Any) -> None:
        message = ChatMessage(content="What do you think about it?")
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def answer(event: ChatResponseEvent, ctx: Any) -> None:
        marks()
        ctx.send_event(OutputEvent(output=len(event.response.content)))

    agent = Agent().add_action("ask", [InputEvent], ask)
    return agent.add_action("answer", [ChatResponseEvent], answer)

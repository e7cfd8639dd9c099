"""What the runtime adds to a single model call when there is little load."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pyflink.common import Types

from benchmarks.agents import key_of
from benchmarks.jobs.flink import discard, environment, with_agent
from benchmarks.marks import Record
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.testing import ScriptedChatModelConnection, ScriptedChatModelSetup
from tests.flink.paced import paced


class TimedModel(ScriptedChatModelConnection):
    """Answers with the question, and when the call began and ended."""

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        began = time.time()
        await super().achat(messages, tools, **kwargs)
        times = f"{messages[-1].content} {began!r} {time.time()!r}"
        return ChatMessage(role=MessageRole.ASSISTANT, content=times)


def timing_agent(record: Record, latency: float) -> Agent:
    """Writes down of each call: arrival of its element, begin, end, and output."""

    def ask(event: InputEvent, ctx: Any) -> None:
        message = ChatMessage(content=repr(time.time()))
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def answer(event: ChatResponseEvent, ctx: Any) -> None:
        arrived, began, ended = map(float, event.response.content.split())
        record(arrived, began, ended, time.time())
        ctx.send_event(OutputEvent(output=1))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    connection = ResourceDescriptor(clazz=TimedModel, script=["unused"], latency=latency)
    agent.add_resource("connection", ResourceType.CHAT_MODEL_CONNECTION, connection)
    setup = ResourceDescriptor(clazz=ScriptedChatModelSetup, connection="connection")
    return agent.add_resource("model", ResourceType.CHAT_MODEL, setup)


def agent(folder: str, mode: str, calls: int, latency: float, pause: float) -> None:
    """One call at a time, on Flink.

    Args:
        folder: Where to write.
        mode: ``thread`` or ``process``.
        calls: How many.
        latency: Of the model, in seconds.
        pause: Seconds between two elements; more than the latency.
    """

    env = environment(mode)
    # Else elements would arrive in groups, every 100 ms.
    env.set_buffer_timeout(1)
    agent = timing_agent(Record(f"{folder}/calls"), latency)
    stream = paced(env, range(calls), 1 / pause, Types.INT())
    discard(with_agent(stream, key_of, agent, Types.LONG()))
    env.execute("latency")

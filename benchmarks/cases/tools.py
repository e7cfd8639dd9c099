"""Tools that a model asks for at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from benchmarks.comparison import Comparison, Figure, at_most
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.testing import ScriptedChatModelSetup, run_agent, tool_call

TOOLS = 8
LATENCY = 0.2


def comparisons(scale: float) -> Iterator[Comparison]:
    """Plain functions, which run in threads, and coroutines."""
    for name, func in (("sleep_in_thread", sleep_in_thread), ("sleep_on_loop", sleep_on_loop)):
        yield Comparison(
            f"A round of {TOOLS} tools of {LATENCY:g} s side by side, {name}",
            (Figure("round", "from answer to next request, ms", 0, (at_most(350, " ms"),)),),
            lambda name=name, func=func: _round(name, func),
        )


class Timing(BaseChatModelConnection):
    """Asks for all tools, then answers; measures the time between."""

    asked_at: ClassVar[float] = 0.0
    seconds: ClassVar[float] = 0.0

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Answer."""
        if messages[-1].role is MessageRole.TOOL:
            Timing.seconds = time.perf_counter() - Timing.asked_at
            return ChatMessage(role=MessageRole.ASSISTANT, content="Done.")
        calls = [tool_call(tools[0].name, {"n": n}, f"call-{n}") for n in range(TOOLS)]  # type: ignore[index]
        Timing.asked_at = time.perf_counter()
        return ChatMessage(role=MessageRole.ASSISTANT, tool_calls=calls)


def sleep_in_thread(n: int) -> int:
    """Wait."""
    time.sleep(LATENCY)
    return n


async def sleep_on_loop(n: int) -> int:
    """Wait."""
    await asyncio.sleep(LATENCY)
    return n


def _ask(event: Any, ctx: Any) -> None:
    ctx.send_event(ChatRequestEvent(model="model", messages=[ChatMessage(content="Go.")]))


def _answer(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.response.content))


def _round(name: str, func: Any) -> Mapping[str, float]:
    agent = Agent().add_action("ask", [InputEvent], _ask)
    agent.add_action("answer", [ChatResponseEvent], _answer)
    agent.add_resource(name, ResourceType.TOOL, Tool.from_callable(func))
    agent.add_resource(
        "server", ResourceType.CHAT_MODEL_CONNECTION, ResourceDescriptor(clazz=Timing)
    )
    setup = ResourceDescriptor(clazz=ScriptedChatModelSetup, connection="server", tools=[name])
    agent.add_resource("model", ResourceType.CHAT_MODEL, setup)
    run_agent(agent, [{"key": "k", "value": 1}])
    return {"round": Timing.seconds * 1000}

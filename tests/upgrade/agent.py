"""The agent of the golden savepoint. Its functions are in the journal by their names: keep them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.testing import ScriptedChatModelSetup, tool_call
from tests.chaos.ledger import MADE, SEEN, Ledger
from tests.upgrade.values import Order, Place, Priority, Wanted


class Asked(BaseChatModelConnection):
    """Wants to weigh each order first. Answers wait until they are let go."""

    folder: str

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        name = messages[0].content
        if messages[-1].role is not MessageRole.TOOL:
            Ledger(f"{self.folder}/ledger").note(MADE, f"{name}/first")
            call = tool_call("weigh", {"name": name})
            return ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[call])
        ledger = Ledger(f"{self.folder}/ledger")
        ledger.note(SEEN, f"{name}/first")
        ledger.note(SEEN, f"{name}/weigh")
        ledger.note(MADE, f"{name}/second")
        await let_go(self.folder, f"{name}/second")
        return ChatMessage(
            role=MessageRole.ASSISTANT, content=f"{name} weighs {messages[-1].content}"
        )


async def let_go(folder: str, call: str) -> None:
    """Wait while the folder has a file that holds a call."""
    import asyncio

    while os.path.exists(hold_of(folder, call)):
        await asyncio.sleep(0.02)


def hold_of(folder: str, call: str) -> str:
    """The file that holds a call while it is there."""
    return f"{folder}/hold-{call.replace('/', '-')}"


def desk(folder: str, look_up_as: str = "look up") -> Agent:
    """The agent: counts the orders of a key, and looks each one up or has it weighed.

    Args:
        folder: Has the ledger, and a file for each call that is to hang or fail.
        look_up_as: Name of one of its actions.
    """
    ledger = Ledger(f"{folder}/ledger")

    async def find(name: str) -> tuple[str, Decimal]:
        ledger.note(MADE, f"{name}/find")
        if os.path.exists(hold_of(folder, f"{name}/fails")):
            raise ValueError("nobody is there")
        await let_go(folder, f"{name}/find")
        return name, Decimal("2.50")

    async def check(name: str, price: Decimal) -> str:
        ledger.note(MADE, f"{name}/check")
        await let_go(folder, f"{name}/check")
        return f"{name} costs {price}"

    def weigh(name: str) -> str:
        """Weigh an order."""
        ledger.note(MADE, f"{name}/weigh")
        return "250 g"

    def count(event: Any, ctx: Any) -> None:
        order, memory = event.input, ctx.short_term_memory
        assert isinstance(order, Order)
        before = repr([memory.get(p) for p in ("last", "sum.count", "sum.price", "seen", "misc")])
        memory.set("last", order)
        memory.set("sum.count", (memory.get("sum.count") or 0) + 1)
        memory.set("sum.price", (memory.get("sum.price") or Decimal(0)) + order.price)
        memory.set("seen", datetime.fromtimestamp(order.stamp / 1000, timezone.utc))
        memory.set("misc", {"place": Place("Via Roma", order.number), "as": {Priority.HIGH}})
        ctx.sensory_memory.set("order", order)
        if order.kind == "plain":
            ctx.send_event(OutputEvent(output=f"{order.name}, before: {before}"))
        elif order.kind == "chat":
            question = ChatMessage(content=order.name)
            ctx.send_event(ChatRequestEvent(model="model", messages=[question]))
        else:
            ctx.send_event(Wanted(order=order))

    async def look_up(event: Any, ctx: Any) -> None:
        name, price = await ctx.durable_execute_async(find, event.order.name)
        ledger.note(SEEN, f"{name}/find")
        text = await ctx.durable_execute_async(check, name, price + event.order.price)
        ledger.note(SEEN, f"{name}/check")
        number = ctx.short_term_memory.get("sum.count")
        ctx.send_event(OutputEvent(output=f"{text}, {number}"))

    def answer(event: Any, ctx: Any) -> None:
        order = ctx.sensory_memory.get("order")
        ledger.note(SEEN, f"{order.name}/second")
        number = ctx.short_term_memory.get("sum.count")
        ctx.send_event(OutputEvent(output=f"{event.response.content}, {number}"))

    agent = Agent().add_action("count", [InputEvent], count)
    agent.add_action(look_up_as, [Wanted], look_up)
    agent.add_action("answer", [ChatResponseEvent], answer)
    agent.add_resource("weigh", ResourceType.TOOL, Tool.from_callable(weigh))
    agent.add_resource(
        "server",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(clazz=Asked, folder=folder),
    )
    setup = ResourceDescriptor(
        clazz=ScriptedChatModelSetup, connection="server", model="m", tools=["weigh"]
    )
    return agent.add_resource("model", ResourceType.CHAT_MODEL, setup)


__all__ = ["Asked", "desk", "hold_of", "let_go"]

"""The agent of the chaos tests: asks the model about each order of a customer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.integrations.chat_models.openai.openai_chat_model import (
    OpenAIChatModelConnection,
)
from tests.chaos import faults
from tests.chaos.faults import Chaos
from tests.chaos.ledger import MADE, SEEN, Ledger

if TYPE_CHECKING:
    from tests.chaos.job import JobSettings


class FailingConnection(OpenAIChatModelConnection):
    """The real connection, in which the fault ``model`` strikes."""

    async def achat(self, messages: Any, *arguments: Any, **parameters: Any) -> Any:
        response = await super().achat(messages, *arguments, **parameters)
        if (plan := faults.active()) is not None:
            plan.strike_call("model", json.loads(messages[-1].content)["call"])
        return response


def desk(settings: JobSettings, chaos: Chaos) -> Agent:
    """The agent.

    Args:
        settings: Of the job.
        chaos: What goes wrong.
    """
    ledger, hold = Ledger(settings.ledger), settings.hold

    def ask_model(order: dict[str, Any], ctx: Any) -> None:
        order["count"] = (ctx.short_term_memory.get("count") or 0) + 1
        ctx.short_term_memory.set("count", order["count"])
        ctx.sensory_memory.set("order", order)
        question = ChatMessage(content=json.dumps(order))
        ctx.send_event(ChatRequestEvent(model="model", messages=[question]))

    def ask(event: Any, ctx: Any) -> None:
        order = json.loads(event.input)
        chaos.taken(order["call"])
        ask_model(order, ctx)

    async def look_up(call: str) -> str:
        import asyncio

        ledger.note(MADE, call)
        await asyncio.sleep(0.01)
        return call

    async def weigh(call: str) -> str:
        import asyncio

        ledger.note(MADE, call)
        await asyncio.sleep(hold)
        return call

    async def ask_durably(event: Any, ctx: Any) -> None:
        order = json.loads(event.input)
        chaos.taken(order["call"])
        for function, name in ((look_up, "look-up"), (weigh, "weigh")):
            call = await ctx.durable_execute_async(function, f"{order['call']}#{name}")
            ledger.note(SEEN, call)
        ask_model(order, ctx)

    def answer(event: Any, ctx: Any) -> None:
        order = ctx.sensory_memory.get("order")
        ledger.note(SEEN, order["call"])
        chaos.answered(order["call"])
        output = {**order, "text": event.response.content, "answered_at": time.time()}
        ctx.send_event(OutputEvent(output=json.dumps(output)))

    agent = Agent().add_action("ask", [InputEvent], ask_durably if settings.durable else ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    connection = ResourceDescriptor(
        clazz=FailingConnection,
        api_key="none-is-needed",
        api_base_url=f"{settings.model_url}/v1",
        # A lost connection is to fail the job.
        max_retries=0,
    )
    setup = ResourceDescriptor(
        clazz=Constant.OPENAI_CHAT_MODEL_SETUP, connection="server", model="order-model"
    )
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, connection)
    agent.add_resource("model", ResourceType.CHAT_MODEL, setup)
    return agent


__all__ = ["FailingConnection", "desk"]

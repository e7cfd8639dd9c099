"""The agents of the soak, beside the desk of the chaos tests.

Each counts the orders of a key in its memory, as the desk does, and puts out the digest of its
order, by whichever way it gets that.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from pathlib import Path
from typing import Any

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import (
    ChatChunkEvent,
    ChatRequestEvent,
    ChatResponseEvent,
)
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from tests.chaos.faults import InjectedError
from tests.chaos.job import JobSettings
from tests.chaos.ledger import FAILED, MADE, SEEN, Ledger
from tests.servers.model_server import answer_to
from tests.soak import python_memory
from tests.soak.faulty_model import is_refused

#: Of the orders of the agent ``asking``, one in so many fails once, before the model is asked.
_FAILING = 40
#: Characters that the agent ``keeping`` remembers of each key.
_PAGE = 20_000
#: Bytes that it takes and lets go for each order.
_SCRATCH = 2_000_000


def asking(settings: JobSettings) -> Agent:
    """Asks a model that has a tool; some orders fail at the first attempt."""
    ledger, marks = Ledger(settings.ledger), settings.marks

    def ask(event: Any, ctx: Any) -> None:
        order = _take(event, ctx)
        if zlib.crc32(order["call"].encode()) % _FAILING == 0:
            _fail_once(marks, order["call"])
        question = ChatMessage(content=json.dumps(order))
        ctx.send_event(ChatRequestEvent(model="model", messages=[question]))

    def weigh(call: str) -> str:
        """Weigh an order."""
        ledger.note(SEEN, f"{call}#tool")
        return answer_to(call)

    def answer(event: Any, ctx: Any) -> None:
        order = ctx.sensory_memory.get("order")
        ledger.note(SEEN, order["call"])
        _put_out(ctx, order, event.response.content)

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    agent.add_resource("weigh", ResourceType.TOOL, Tool.from_callable(weigh))
    return _with_model(agent, settings.model_url, tools=["weigh"])


def streaming(settings: JobSettings) -> Agent:
    """Has the model's answers in pieces; what the model refuses becomes a dead letter."""
    ledger = Ledger(settings.ledger)

    def ask(event: Any, ctx: Any) -> None:
        question = ChatMessage(content=json.dumps(_take(event, ctx)))
        ctx.send_event(ChatRequestEvent(model="model", messages=[question], stream=True))

    def hear(event: Any, ctx: Any) -> None:
        heard = ctx.sensory_memory.get("heard") or ""
        ctx.sensory_memory.set("heard", heard + event.content)

    def answer(event: Any, ctx: Any) -> None:
        order = ctx.sensory_memory.get("order")
        text = event.response.content
        if error := event.response.extra_args.get("error"):
            refused = is_refused(order["call"]) and "refused" in error
            _put_out(ctx, order, answer_to(json.dumps(order)) if refused else f"failed: {error}")
            return
        ledger.note(SEEN, order["call"])
        # Pieces of a call that was broken off are not sent again.
        in_order = text.startswith(ctx.sensory_memory.get("heard") or "")
        _put_out(ctx, order, text if in_order else "the pieces are not those of the answer")

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("hear", [ChatChunkEvent], hear)
    agent.add_action("answer", [ChatResponseEvent], answer)
    return _with_model(agent, settings.model_url)


def keeping(settings: JobSettings, fuse: Path, python_folder: Path) -> Agent:
    """Plain, with much memory for each key; also tells what memory its Python has.

    Args:
        settings: Of the agent.
        fuse: File that makes the next action fail.
        python_folder: See :mod:`tests.soak.python_memory`.
    """
    ledger = Ledger(settings.ledger)

    def keep(event: Any, ctx: Any) -> None:
        order = _take(event, ctx)
        python_memory.note(python_folder)
        if fuse.exists():
            fuse.unlink(missing_ok=True)
            ledger.note(FAILED, "fuse")
            raise InjectedError(f"injected: the fuse, at {order['call']}")
        scratch = bytearray(_SCRATCH)
        scratch[::4096] = b"x" * len(scratch[::4096])
        before = _page(ctx.key, order["number"] - 1) if order["number"] > 1 else None
        kept = ctx.short_term_memory.get("page") == before
        ctx.short_term_memory.set("page", _page(ctx.key, order["number"]))
        _put_out(ctx, order, answer_to(json.dumps(order)) if kept else "the memory is another")

    return Agent().add_action("keep", [InputEvent], keep)


def timed(settings: JobSettings) -> Agent:
    """Makes a durable call; its outputs go into windows of event time."""
    ledger = Ledger(settings.ledger)

    async def look_up(call: str) -> str:
        import asyncio

        ledger.note(MADE, f"{call}#look-up")
        await asyncio.sleep(zlib.crc32(call.encode()) % 100 / 1_000)
        return call

    async def wait(event: Any, ctx: Any) -> None:
        order = _take(event, ctx)
        call = await ctx.durable_execute_async(look_up, order["call"])
        ledger.note(SEEN, f"{call}#look-up")
        _put_out(ctx, order, answer_to(json.dumps(order)))

    return Agent().add_action("wait", [InputEvent], wait)


def _take(event: Any, ctx: Any) -> dict[str, Any]:
    """The order, counted, and kept for the other actions of the run."""
    order = json.loads(event.input)
    order["count"] = (ctx.short_term_memory.get("count") or 0) + 1
    ctx.short_term_memory.set("count", order["count"])
    ctx.sensory_memory.set("order", order)
    return order


def _put_out(ctx: Any, order: dict[str, Any], text: str) -> None:
    output = {**order, "text": text, "answered_at": time.time()}
    ctx.send_event(OutputEvent(output=json.dumps(output)))


def _fail_once(marks: Path, call: str) -> None:
    try:
        os.close(os.open(marks / call.replace("/", "-"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    raise InjectedError(f"injected: once, at {call}")


def _page(key: str, number: int) -> str:
    return hashlib.shake_128(f"{key} {number}".encode()).hexdigest(_PAGE // 2)


def _with_model(agent: Agent, url: str, **setup: Any) -> Agent:
    connection = ResourceDescriptor(
        clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION,
        api_key="none-is-needed",
        api_base_url=f"{url}/v1",
        max_retries=1,
        timeout=2.0,
    )
    model = ResourceDescriptor(
        clazz=Constant.OPENAI_CHAT_MODEL_SETUP, connection="server", model="model", **setup
    )
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, connection)
    return agent.add_resource("model", ResourceType.CHAT_MODEL, model)


__all__ = ["asking", "keeping", "streaming", "timed"]

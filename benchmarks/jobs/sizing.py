"""What the state of keys takes: their memory, and their open work."""

from __future__ import annotations

import time
from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from benchmarks.jobs.flink import discard, environment, with_agent
from benchmarks.jobs.waiting import CALL_SECONDS, lines, take_checkpoints, wait_for_calls
from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.testing import add_scripted_model


class Remember(KeyedProcessFunction):
    """Keeps its element in a ValueState."""

    def __init__(self, done: Marks) -> None:
        self._done = done

    def open(self, runtime_context: RuntimeContext) -> None:
        self._text = runtime_context.get_state(ValueStateDescriptor("text", Types.STRING()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._text.update(value)
        self._done()
        yield 1


def state(
    folder: str,
    keys: int,
    size: int,
    open_work: bool,
    port: int,
    bare: bool = False,
    checkpoints: int = 2,
) -> dict[str, Any]:
    """Fill the state of keys and take a checkpoint.

    Args:
        folder: Where to write.
        keys: How many.
        size: Bytes of each record; with ``open_work`` the record is also the prompt of a call
            that stays open, else it is kept in the memory of its key.
        open_work: What to fill the state with.
        port: Free port for Flink's REST API.
        bare: Whether a bare function keeps the records, instead of an agent.
        checkpoints: How many to take.

    Returns:
        Bytes of the ``checkpoint`` and of the Java ``heap`` in use after a collection, and the
        ``durations`` of the checkpoints in seconds.
    """
    # Without a folder, checkpoints go to the JobManager, which takes 5 MB of each subtask.
    options = {"execution__checkpointing__dir": f"file://{folder}/checkpoints"}
    options |= {"rest__bind_port": str(port), "rest__port": str(port)}
    env = environment("thread", 1, None, **options)
    env.enable_checkpointing(500)
    done = Marks(f"{folder}/asked", keys)
    stream = lines(env, folder, keys).map(lambda line: line.ljust(size, "."), Types.STRING())
    if bare:
        discard(stream.key_by(_key, Types.STRING()).process(Remember(done), Types.LONG()))
    else:
        agent = _asking(done) if open_work else _remembering(done)
        discard(with_agent(stream, _key, agent, Types.LONG(), max_in_flight=keys))
    job = env.execute_async("state")
    wait_for_calls(folder, keys)
    opened = time.time()
    jvm: Any = get_gateway().jvm
    finished = take_checkpoints(job, port, checkpoints, opened)
    jvm.java.lang.System.gc()
    runtime = jvm.java.lang.Runtime.getRuntime()
    heap = runtime.totalMemory() - runtime.freeMemory()
    job.cancel().result()
    return {
        "checkpoint": finished[-1]["state_size"],
        "heap": heap,
        "durations": [c["end_to_end_duration"] / 1000 for c in finished],
    }


def _key(record: str) -> str:
    return record.rstrip(".")


def _remembering(done: Marks) -> Agent:
    def remember(event: InputEvent, ctx: Any) -> None:
        ctx.short_term_memory.set("text", event.input)
        ctx.send_event(OutputEvent(output=1))
        done()

    return Agent().add_action("remember", [InputEvent], remember)


def _asking(done: Marks) -> Agent:
    def ask(event: InputEvent, ctx: Any) -> None:
        message = ChatMessage(content=event.input)
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))
        done()

    def answer(event: ChatResponseEvent, ctx: Any) -> None:
        ctx.send_event(OutputEvent(output=1))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    return add_scripted_model(agent, "model", script=["unused"], latency=CALL_SECONDS)

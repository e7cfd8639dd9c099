"""Records and memory of a given size: an agent, and a bare keyed function that does the same."""

from __future__ import annotations

from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor

from benchmarks.agents import echo_agent
from benchmarks.jobs.flink import discard, environment, numbers, with_agent
from benchmarks.jobs.no_model import Echo
from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent

#: Few, so that all of their memory fits in the heap.
KEYS = 1_000


def text_of(number: int, size: int) -> str:
    """A text of that size that begins with the number."""
    return f"{number} ".ljust(size, ".")


def _key(text: str) -> str:
    return f"key-{int(text[: text.index(' ')]) % KEYS}"


def _key_of_number(number: int) -> str:
    return f"key-{number % KEYS}"


class Remember(KeyedProcessFunction):
    """Keeps a text for each key in a ValueState, and looks at the one before."""

    def __init__(self, marks: Marks, size: int) -> None:
        self._marks = marks
        self._size = size

    def open(self, runtime_context: RuntimeContext) -> None:
        self._text = runtime_context.get_state(ValueStateDescriptor("text", Types.STRING()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._marks()
        before = len(self._text.value() or "")
        self._text.update(text_of(value, self._size))
        yield before


def _remembering_agent(marks: Marks, size: int) -> Agent:
    def remember(event: InputEvent, ctx: Any) -> None:
        marks()
        memory = ctx.short_term_memory
        before = len(memory.get("text") or "")
        memory.set("text", text_of(event.input, size))
        ctx.send_event(OutputEvent(output=before))

    return Agent().add_action("remember", [InputEvent], remember)


def memory_agent(folder: str, records: int, size: int) -> None:
    """Each element reads and writes a memory of ``size`` characters, in thread mode."""
    env = environment("thread")
    agent = _remembering_agent(_marks(folder, records), size)
    discard(with_agent(numbers(env, records), _key_of_number, agent, Types.LONG()))
    env.execute("memory of a size, agent")


def memory_bare(folder: str, records: int, size: int) -> None:
    """The same with a bare function."""
    env = environment("thread")
    keyed = numbers(env, records).key_by(_key_of_number, Types.STRING())
    discard(keyed.process(Remember(_marks(folder, records), size), Types.LONG()))
    env.execute("memory of a size, bare")


def records_agent(folder: str, records: int, size: int) -> None:
    """Each element is a text of ``size`` characters that is passed on, in thread mode."""
    env = environment("thread")
    agent = echo_agent(_marks(folder, records))
    texts = numbers(env, records).map(lambda n: text_of(n, size), Types.STRING())
    discard(with_agent(texts, _key, agent, Types.STRING()))
    env.execute("records of a size, agent")


def records_bare(folder: str, records: int, size: int) -> None:
    """The same with a bare function."""
    env = environment("thread")
    texts = numbers(env, records).map(lambda n: text_of(n, size), Types.STRING())
    keyed = texts.key_by(_key, Types.STRING())
    discard(keyed.process(Echo(_marks(folder, records)), Types.STRING()))
    env.execute("records of a size, bare")


def _marks(folder: str, records: int) -> Marks:
    return Marks(f"{folder}/marks", max(1, records // 50))

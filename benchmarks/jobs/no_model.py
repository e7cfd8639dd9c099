"""Input to output without a model: an agent, and a bare keyed function that does the same."""

from __future__ import annotations

from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor

from benchmarks.agents import counting_agent, echo_agent, key_of
from benchmarks.jobs.flink import discard, environment, numbers, with_agent
from benchmarks.marks import Marks


class Echo(KeyedProcessFunction):
    """Passes elements on."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._marks()
        yield value


class Count(KeyedProcessFunction):
    """Counts the elements of each key in a ValueState."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._marks()
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        yield count


def agent(folder: str, mode: str, records: int, memory: bool, every: int | None = None) -> None:
    """The job with an agent; a mark for ``every`` so many records, else fifty in all."""
    env = environment(mode)
    make = counting_agent if memory else echo_agent
    agent = make(Marks(f"{folder}/marks", every or max(1, records // 50)))
    discard(with_agent(numbers(env, records), key_of, agent, Types.LONG()))
    env.execute("no model, agent")


def bare(folder: str, mode: str, records: int, memory: bool) -> None:
    """The job with a bare function."""
    env = environment(mode)
    make = Count if memory else Echo
    function = make(Marks(f"{folder}/marks", max(1, records // 50)))
    keyed = numbers(env, records).key_by(key_of, Types.STRING())
    discard(keyed.process(function, Types.LONG()))
    env.execute("no model, bare")

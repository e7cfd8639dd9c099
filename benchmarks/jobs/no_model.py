"""Input to output without a model: an agent, and a bare keyed function that does the same."""

from __future__ import annotations

from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor

from benchmarks.agents import KEYS, counting_agent, echo_agent, one_of, two_actions_agent
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


class CountTwice(KeyedProcessFunction):
    """Counts the elements of each key, and adds up the counts, in two ValueStates."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))
        self._total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._marks()
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        total = (self._total.value() or 0) + count
        self._total.update(total)
        yield total


#: By what a job does: the agent, and the same without.
_SIDES = {
    "echo": (echo_agent, Echo),
    "count": (counting_agent, Count),
    "count twice": (two_actions_agent, CountTwice),
}


def agent(
    folder: str,
    mode: str,
    records: int,
    memory: bool = False,
    what: str | None = None,
    keys: int = KEYS,
    parallelism: int = 1,
    every: int | None = None,
) -> None:
    """The job with an agent.

    Args:
        folder: Where to write.
        mode: ``thread`` or ``process``.
        records: How many.
        memory: Whether to count the elements of each key; else they are passed on.
        what: Of ``echo``, ``count``, ``count twice``, instead of ``memory``.
        keys: How many.
        parallelism: Of the job.
        every: Records between two marks. Default: a fiftieth of them.
    """
    make, _ = _SIDES[what or ("count" if memory else "echo")]
    env = environment(mode, parallelism)
    agent = make(_marks(folder, records, parallelism, every))
    discard(with_agent(numbers(env, records), one_of(keys), agent, Types.LONG()))
    env.execute("no model, agent")


def bare(
    folder: str,
    mode: str,
    records: int,
    memory: bool = False,
    what: str | None = None,
    keys: int = KEYS,
    parallelism: int = 1,
) -> None:
    """The job with a bare function; arguments as above."""
    _, make = _SIDES[what or ("count" if memory else "echo")]
    env = environment(mode, parallelism)
    function = make(_marks(folder, records, parallelism, None))
    keyed = numbers(env, records).key_by(one_of(keys), Types.STRING())
    discard(keyed.process(function, Types.LONG()))
    env.execute("no model, bare")


def _marks(folder: str, records: int, parallelism: int, every: int | None) -> Marks:
    every = every or max(1, records // parallelism // 50)
    return Marks(f"{folder}/marks", every, apart=parallelism > 1)

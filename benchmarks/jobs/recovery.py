"""Jobs that fail once, or whose TaskManager is killed, and go on."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

from benchmarks.agents import asking_agent, key_of
from benchmarks.jobs.flink import discard, environment, numbers, with_agent
from benchmarks.jobs.working import Judge, judging_agent
from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.testing import add_scripted_model

#: Short, so that it is Flink's and the library's time that is measured.
_RESTARTS = {
    "restart_strategy__type": "fixed-delay",
    "restart_strategy__fixed_delay__attempts": "3",
    "restart_strategy__fixed_delay__delay": "100 ms",
    "execution__checkpointing__interval": "500 ms",
}


class BenchmarkError(Exception):
    """The failure that is meant to happen."""


class FailOnce:
    """Fails at the n-th call of the first attempt; writes down when, and when it first goes on.

    Args:
        folder: Gets the files ``failed`` and ``recovered``, a time in each.
        at: Number of the call.
    """

    def __init__(self, folder: str, at: int) -> None:
        self._failed = Path(folder, "failed")
        self._recovered = Path(folder, "recovered")
        self._at = at
        self._count = 0

    def __call__(self) -> None:
        """An element is on its way out."""
        if self._count == 0 and self._failed.exists():
            self._recovered.write_text(f"{time.time()}\n")
        self._count += 1
        if self._count == self._at and not self._failed.exists():
            self._failed.write_text(f"{time.time()}\n")
            raise BenchmarkError


class _Echo(KeyedProcessFunction):
    def __init__(self, fail: FailOnce) -> None:
        self._fail = fail

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._fail()
        yield value


def agent(folder: str, records: int) -> None:
    """An agent without a model fails once, half way."""
    fail = FailOnce(folder, records // 2)

    def echo(event: InputEvent, ctx: Any) -> None:
        fail()
        ctx.send_event(OutputEvent(output=event.input))

    agent = Agent().add_action("echo", [InputEvent], echo)
    env = environment("thread", 1, None, **_RESTARTS, **_folder(folder))
    discard(with_agent(numbers(env, records), key_of, agent, Types.LONG()))
    env.execute("recovery, agent")


def bare(folder: str, records: int) -> None:
    """The same with a bare function."""
    env = environment("thread", 1, None, **_RESTARTS, **_folder(folder))
    keyed = numbers(env, records).key_by(key_of, Types.STRING())
    discard(keyed.process(_Echo(FailOnce(folder, records // 2)), Types.LONG()))
    env.execute("recovery, bare")


def calls(folder: str, calls: int, in_flight: int, latency: float) -> None:
    """An agent fails once, half way, with model calls in flight; outputs are their answers."""
    # What is called for each answer may be anything without arguments.
    agent = asking_agent(FailOnce(folder, calls // 2))
    add_scripted_model(agent, "model", script=["I have thought about it."], latency=latency)
    env = environment("thread", 1, None, **_RESTARTS, **_folder(folder))
    stream = numbers(env, calls)
    discard(with_agent(stream, key_of, agent, Types.LONG(), max_in_flight=in_flight))
    env.execute("recovery, model calls")


def on_cluster(folder: str, records: int, cluster: str, bare: bool) -> None:
    """Work until the end; a TaskManager may be killed meanwhile."""
    env: StreamExecutionEnvironment = environment("thread", 1, cluster, **_RESTARTS)
    marks = Marks(f"{folder}/marks", max(1, records // 50), apart=True)
    stream = numbers(env, records)
    if bare:
        discard(stream.key_by(key_of, Types.STRING()).process(Judge(marks), Types.DOUBLE()))
    else:
        discard(with_agent(stream, key_of, judging_agent(marks), Types.DOUBLE()))
    env.execute("recovery on a cluster")


def _folder(folder: str) -> dict[str, str]:
    checkpoints = os.path.join(os.path.dirname(folder), "checkpoints")
    return {"execution__checkpointing__dir": f"file://{checkpoints}"}

"""Process mode: a job that fails in the moment that a bundle ends goes on, on its TaskManager."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyflink.common import Types
from pyflink.java_gateway import get_gateway

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment

pytestmark = [pytest.mark.flink, pytest.mark.timeout(120)]

LOGGERS = (
    "org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory",
    "org.apache.flink.agents.runtime.python.PythonWorkers",
)


class _SlowLog:
    """A filter of log4j that holds Beam up while it stops workers, until the bundle has ended.

    Args:
        passes: What a filter says to a line that passes.
        stopping: A file that is made when it stops them.
    """

    def __init__(self, passes: Any, stopping: Path) -> None:
        self._passes = passes
        self._stopping = stopping
        self.lines: list[str] = []

    def filter(self, event: Any) -> Any:
        line = event.getMessage().getFormattedMessage()
        self.lines.append(line)
        if "remaining bundle references" in line:
            self._stopping.touch()
            time.sleep(3)
        return self._passes

    def getState(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def initialize(self) -> None: ...

    def isStarted(self) -> bool:
        return True

    def isStopped(self) -> bool:
        return False

    class Java:
        implements = ("org.apache.logging.log4j.core.Filter",)


@pytest.fixture
def stopping(tmp_path: Path) -> Path:
    """A file that is there as soon as Beam stops the workers."""
    return tmp_path / "stopping"


@pytest.fixture
def slow_log(flink_env: Any, stopping: Path) -> Iterator[_SlowLog]:
    jvm: Any = get_gateway().jvm
    log4j = jvm.org.apache.logging.log4j
    context = log4j.LogManager.getContext(False)
    configuration = context.getConfiguration()
    slow = _SlowLog(log4j.core.Filter.Result.NEUTRAL, stopping)
    for name in LOGGERS:
        context.getLogger(name)
        logger = log4j.core.config.LoggerConfig(name, log4j.Level.INFO, True)
        logger.addFilter(slow)
        configuration.addLogger(name, logger)
    context.updateLoggers()
    yield slow
    for name in LOGGERS:
        configuration.removeLogger(name)
    context.updateLoggers()


def test_a_bundle_that_ends_while_workers_are_stopped_ends_no_task_manager(
    flink_env: Any, paced_source: Any, slow_log: _SlowLog, stopping: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "failed"

    def take_time(number: int) -> int:
        # The first until the second has come, and that one until the workers are to be stopped.
        end = time.monotonic() + (2 if number == 1 else 60)
        while time.monotonic() < end and not stopping.exists():
            time.sleep(0.02)
        return number

    def fail_once(event: Any, ctx: Any) -> None:
        if not mark.exists():
            mark.touch()
            raise ValueError("no")
        ctx.send_event(OutputEvent(output=event.input))

    options = {
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1",
        "python.fn-execution.bundle.size": "1",
    }
    env = flink_env("process", options=options)
    stream = paced_source(env, [1, 2], 10, Types.INT()).map(take_time, Types.INT())
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agent = Agent().add_action("fail_once", [InputEvent], fail_once)
    applied = agents.from_datastream(stream, lambda number: number).apply(agent)
    applied.to_datastream(Types.INT()).print()
    env.execute("fails once")  # without a TaskManager it would wait for one
    assert any("Python workers stopped while a bundle ended." in line for line in slow_log.lines)

"""What PyFlink does behind a program's back, and the environment mends."""

from __future__ import annotations

import faulthandler
import sys
from pathlib import Path
from typing import Any

import pytest
from pyflink.common import Types
from pyflink.common.serialization import Encoder
from pyflink.datastream.connectors.file_system import FileSink

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.runtime.flink import java_operators
from flink_agents.testing import run_agent

pytestmark = [pytest.mark.flink, pytest.mark.timeout(120)]


def _loud(event: Any, ctx: Any) -> None:
    sys.stderr.write("x" * 10_000 + "\n")
    ctx.send_event(OutputEvent(output=event.input))


def _plain(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=str(event.input)))


def test_workers_may_write_more_to_stderr_than_a_pipe_holds(flink_env: Any) -> None:
    agent = Agent().add_action("loud", [InputEvent], _loud)
    outputs = run_agent(agent, [{"key": n, "value": n} for n in range(50)], flink_env("thread"))
    assert len(outputs) == 50


def test_a_list_does_not_silence_the_sinks_of_the_job(flink_env: Any, tmp_path: Path) -> None:
    env = flink_env("thread")
    env.enable_checkpointing(500)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agent = Agent().add_action("plain", [InputEvent], _plain)
    other = Agent().add_action("plain", [InputEvent], _plain)
    collected = agents.from_list([{"key": 1, "value": "a"}]).apply(agent).to_list()
    numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
    builder = agents.from_datastream(numbers, lambda n: n).apply(other)
    sink = FileSink.for_row_format(str(tmp_path), Encoder.simple_string_encoder()).build()
    builder.to_datastream(Types.STRING()).sink_to(sink)
    agents.execute()
    written = [
        line
        for part in tmp_path.rglob("*")
        if part.is_file() and not part.name.startswith(".")
        for line in part.read_text().split()
    ]
    assert collected == [{1: "a"}]
    assert sorted(written) == ["1", "2", "3"]


def _functions_at_most(most: int | None) -> int:
    """How many operators' functions Python holds; waits until they are no more than ``most``.

    What PyFlink keeps of an operator holds its function, and Flink's state besides.
    """
    import gc
    import time

    import pemja

    find_class: Any = getattr(pemja, "findClass")  # noqa: B009 - it has no type
    gc.disable()  # what is looked for must not depend on when Python looks for circles by itself
    end = time.monotonic() + 30
    while True:
        find_class("java.lang.System").gc()  # what Java holds of Python goes with this
        found = sum(type(one).__name__ == "AgentFunction" for one in gc.get_objects())
        if most is None:
            return found
        if found <= most or time.monotonic() > end:
            gc.enable()
            return found
        time.sleep(0.5)


def test_a_restart_leaves_no_state_of_the_attempt_before(flink_env: Any, tmp_path: Path) -> None:
    attempts, at_first, failures = tmp_path / "attempts", tmp_path / "at-first", 3

    def fail_and_count(event: Any, ctx: Any) -> None:
        with attempts.open("a") as file:
            file.write(".")
        made = len(attempts.read_text())
        if made == 1:
            at_first.write_text(str(_functions_at_most(None)))
        if made <= failures:
            raise ValueError("this attempt fails")
        most = int(at_first.read_text())
        ctx.send_event(OutputEvent(output=[made, _functions_at_most(most) <= most]))

    options = {
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": str(failures),
        "restart-strategy.fixed-delay.delay": "100 ms",
    }
    env = flink_env("thread", options=options)
    env.enable_checkpointing(200)
    agent = Agent().add_action("count", [InputEvent], fail_and_count)
    outputs = run_agent(agent, [{"key": "k", "value": 1}], env)
    assert outputs == [{"k": [failures + 1, True]}]


def test_python_logs_at_the_level_of_flinks_log(flink_env: Any) -> None:
    """In thread mode pemja asks for every record, which costs a call to Java for each."""

    def tell(event: Any, ctx: Any) -> None:
        import logging

        root = logging.getLogger()
        assert any(type(handler).__module__ == "pemja.logger" for handler in root.handlers)
        told = [root.isEnabledFor(logging.DEBUG), root.isEnabledFor(logging.ERROR)]
        told.append(logging.getLogger("httpx2").isEnabledFor(logging.INFO))
        ctx.send_event(OutputEvent(output=told))

    agent = Agent().add_action("tell", [InputEvent], tell)
    outputs = run_agent(agent, [{"key": "k", "value": 1}], flink_env("thread"))
    assert outputs == [{"k": [False, True, False]}]


class _WithFaultHandler:
    """Turns Python's ``faulthandler`` on where it arrives, as the import of some libraries does."""

    def __reduce__(self) -> Any:
        return _turn_on, ()

    def tell(self, event: Any, ctx: Any) -> None:
        ctx.send_event(OutputEvent(output=[_arrived, faulthandler.is_enabled()]))


_arrived = False


def _turn_on() -> _WithFaultHandler:
    global _arrived
    _arrived = True
    faulthandler.enable(2)
    return _WithFaultHandler()


def test_pythons_fault_handler_takes_no_signals_from_java(flink_env: Any) -> None:
    agent = Agent().add_action("tell", [InputEvent], _WithFaultHandler().tell)
    outputs = run_agent(agent, [{"key": "k", "value": 1}], flink_env("thread"))
    assert outputs == [{"k": [True, False]}]


@pytest.fixture
def without_jar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the jar of our operators would be."""
    monkeypatch.setattr(java_operators, "LIBRARY", tmp_path)
    return tmp_path


def test_process_mode_without_our_operator_is_refused(flink_env: Any, without_jar: Path) -> None:
    agent = Agent().add_action("plain", [InputEvent], _plain)
    with pytest.raises(
        EnvironmentSetupError, match=rf"needs {without_jar}/python-operator-.*or use thread mode"
    ):
        run_agent(agent, [{"key": "k", "value": 1}], flink_env("process"))


@pytest.mark.usefixtures("without_jar")
def test_thread_mode_without_our_operators_runs_with_pyflinks(
    flink_env: Any, caplog: pytest.LogCaptureFixture
) -> None:
    agent = Agent().add_action("plain", [InputEvent], _plain)
    assert run_agent(agent, [{"key": "k", "value": 1}], flink_env("thread")) == [{"k": "1"}]
    assert caplog.text.count("PyFlink's own operator runs") == 1

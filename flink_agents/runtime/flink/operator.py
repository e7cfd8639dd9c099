"""The operator that PyFlink runs: hands elements and timers to the host of its subtask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from flink_agents.api.configuration import Configuration
from flink_agents.api.garbage import look_less_often
from flink_agents.exceptions import AgentsError
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.runtime.flink import direct_calls
from flink_agents.runtime.flink.dropped import close_when_dropped
from flink_agents.runtime.flink.host import FlinkHost
from flink_agents.runtime.flink.journal.checkpoints import this_subtask
from flink_agents.runtime.flink.journal.durable_journal import JournalSettings
from flink_agents.runtime.flink.worker_logging import configure_logging
from flink_agents.runtime.flink.worker_signals import leave_faults_to_java


class AgentFunction(KeyedProcessFunction):
    """The operator of one agent. Travels with the job; the host is made in ``open()``.

    Args:
        plan: The agent.
        options: The job's options for agents.
        text_keys: Whether keys are texts, else whatever the user's stream has.
        with_keys: Whether outputs are dicts ``{key: output}`` instead of plain outputs.
        unwrap: Whether elements are pairs of key and value, of which the agent gets the value.
        journal: Settings of the durable journal, or None if there is none.
    """

    def __init__(
        self,
        plan: AgentPlan,
        options: Mapping[str, Any],
        text_keys: bool,
        with_keys: bool,
        unwrap: bool,
        journal: JournalSettings | None = None,
    ) -> None:
        self._plan = plan
        self._options = dict(options)
        self._text_keys = text_keys
        self._with_keys = with_keys
        self._unwrap = unwrap
        self._journal = journal
        self._host: FlinkHost | None = None

    def open(self, runtime_context: RuntimeContext) -> None:
        configure_logging()
        look_less_often()
        config = Configuration(self._options)
        thread_mode = this_subtask(runtime_context).thread_mode
        if thread_mode:
            leave_faults_to_java()
        writes = direct_calls.take_expected() if thread_mode else None
        self._host = FlinkHost(
            runtime_context,
            self._plan,
            config,
            self._text_keys,
            self._with_keys,
            self._journal,
            writes,
        )
        self._dropped = close_when_dropped(self, self._host.close, thread_mode)
        if writes is not None:
            direct_calls.offer(self.process_element, self.on_timer, writes)

    def close(self) -> None:
        if self._host is not None:
            self._dropped.detach()
            host, self._host = self._host, None
            try:
                host.flush()
            finally:
                host.close()

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        if self._host is None:
            raise AgentsError(f"The operator of agent {self._plan.agent!r} is closed.")
        return self._host.element(value[1] if self._unwrap else value, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Any:
        # Flink still fires pending timers after it has closed the function.
        return () if self._host is None else self._host.timer(timestamp, ctx)

"""The local host: runs an agent in this process, with dictionaries for state."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any
from uuid import uuid4

from flink_agents.api.agents.agent import Agent
from flink_agents.api.configuration import Configuration
from flink_agents.api.execution_environment import (
    AgentBuilder,
    AgentsExecutionEnvironment,
    split_item,
)
from flink_agents.engine.codec import Codec
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from flink_agents.runtime.agent_runner import AgentRunner
from flink_agents.runtime.dead_letter import DeadLetter
from flink_agents.runtime.local_metrics import LocalMetricGroup
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.services import Services, check_options


class LocalHost:
    """State of all keys in dictionaries; outputs in a list."""

    def __init__(self) -> None:
        self.outputs: list[dict[Any, Any]] = []
        self.dead_letters: list[DeadLetter] = []
        self._open: dict[Hashable, str] = {}
        self._memory: dict[Hashable, dict[str, str]] = {}
        self._waiting: dict[Hashable, dict[int, str]] = {}
        self._key: Hashable = None

    def switch(self, handle: Hashable) -> None:
        self._key = handle

    def opened(self, key: Hashable) -> None:
        pass

    def idle(self, key: Hashable) -> None:
        self._waiting.pop(key, None)

    def emit(self, key: Hashable, value: Any, timestamp: int | None) -> None:
        self.outputs.append({key: value})

    def dead_letter(self, letter: DeadLetter) -> None:
        self.dead_letters.append(letter)

    def load(self) -> str | None:
        return self._open.get(self._key)

    def save(self, text: str) -> None:
        self._open[self._key] = text

    def clear(self) -> None:
        self._open.pop(self._key, None)

    def read_memory(self, path: str) -> str | None:
        nodes = self._memory.get(self._key)
        return nodes.get(path) if nodes is not None else None

    def write_memory(self, nodes: dict[str, str | None]) -> None:
        stored = self._memory.setdefault(self._key, {})
        for path, node in nodes.items():
            if node is None:
                stored.pop(path, None)
            else:
                stored[path] = node

    def all_memory(self) -> dict[str, str]:
        return dict(self._memory.get(self._key, {}))

    def put_waiting(self, index: int, text: str) -> None:
        self._waiting.setdefault(self._key, {})[index] = text

    def take_waiting(self, index: int) -> str:
        return self._waiting[self._key].pop(index)


class LocalEnvironment(AgentsExecutionEnvironment):
    """Runs one agent over a list. See :func:`create`."""

    def __init__(self) -> None:
        super().__init__()
        self._builder: LocalBuilder | None = None
        self._executed = False
        self.metrics = LocalMetricGroup()

    def from_list(self, input: Sequence[Any]) -> AgentBuilder:
        if self._builder is not None:
            raise RuntimeError(
                "This environment has its input already. In-process it runs one agent over one "
                "list; make another environment for another."
            )
        self._builder = LocalBuilder(self, list(input))
        return self._builder

    def from_datastream(
        self, input: Any, key_selector: Callable[[Any], Any] | None = None
    ) -> AgentBuilder:
        raise _needs_flink("from_datastream")

    def from_table(
        self, input: Any, key_selector: Callable[[Any], Any] | None = None
    ) -> AgentBuilder:
        raise _needs_flink("from_table")

    def execute(self, job_name: str | None = None) -> None:
        if self._executed:
            raise RuntimeError("execute() was called before; make another environment.")
        if self._builder is None or self._builder.plan is None:
            raise RuntimeError("Nothing to execute: call from_list(...).apply(agent) first.")
        check_options(self._config)
        self._executed = True
        self._builder.run(self._config, self.metrics)


class LocalBuilder(AgentBuilder):
    """Input, agent and output of the local host."""

    def __init__(self, environment: LocalEnvironment, items: list[Any]) -> None:
        self._environment = environment
        self._items = items
        self._host = LocalHost()
        self.plan: AgentPlan | None = None

    def apply(self, agent: Agent, *, uid: str | None = None) -> AgentBuilder:
        if self.plan is not None:
            raise RuntimeError("An agent was applied before; in-process there is one.")
        self.plan = compile_agent(
            agent,
            self._environment.resources,
            BUILT_IN_ACTIONS,
            self._environment.get_config().to_dict(),
        )
        return self

    def to_list(self) -> list[dict[Any, Any]]:
        return self._host.outputs

    def to_dead_letters(self) -> list[DeadLetter]:
        return self._host.dead_letters

    def to_datastream(self, output_type: Any = None) -> Any:
        raise _needs_flink("to_datastream")

    def to_table(self, schema: Any, output_type: Any) -> Any:
        raise _needs_flink("to_table")

    def run(self, config: Configuration, metrics: LocalMetricGroup) -> None:
        """Process all items and wait until nothing is open."""
        assert self.plan is not None
        host = self._host
        counts = AgentMetrics(metrics)
        services = Services(self.plan, config, counts, Codec(self.plan.data_types))
        runner = AgentRunner(services, host, host)
        try:
            for item in self._items:
                has_key, key, value = split_item(item)
                key = _hashable(key, services.codec) if has_key else uuid4().hex
                host.switch(key)
                runner.element(key, lambda key=key: key, value, None, False)
                if runner.has_background_work:
                    runner.pump()
            runner.drain()
        finally:
            counts.flush(runner.in_flight, runner.open_keys)
            runner.close()


def create() -> AgentsExecutionEnvironment:
    """The environment that runs agents in this process."""
    return LocalEnvironment()


def _hashable(key: Any, codec: Codec) -> Hashable:
    try:
        hash(key)
    except TypeError:
        return codec.dumps(key)
    return key


def _needs_flink(name: str) -> RuntimeError:
    return RuntimeError(
        f"{name} needs a Flink job. Pass one: "
        "AgentsExecutionEnvironment.get_execution_environment(env=StreamExecutionEnvironment...)."
    )

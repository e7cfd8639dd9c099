"""Puts agents into a Flink job."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import uuid4

from pyflink.common import TypeInformation
from pyflink.datastream import DataStream, KeyedStream, StreamExecutionEnvironment
from pyflink.datastream.data_stream import CloseableIterator
from pyflink.table import Schema, StreamTableEnvironment, Table
from pyflink.util.exceptions import TableException

from flink_agents.api.agents.agent import Agent
from flink_agents.api.configuration import Configuration
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.execution_environment import (
    AgentBuilder,
    AgentsExecutionEnvironment,
    split_item,
)
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from flink_agents.runtime.flink import java_operators, worker_environment
from flink_agents.runtime.flink.dead_letters import DEAD_LETTERS
from flink_agents.runtime.flink.journal.durable_journal import JournalSettings
from flink_agents.runtime.flink.keys import TextKeySelector
from flink_agents.runtime.flink.operator import AgentFunction
from flink_agents.runtime.flink.row_codec import flink_codec
from flink_agents.runtime.flink.table_rows import plain_row
from flink_agents.runtime.services import OPTIONS, check_options

#: ``ClassName.argument``: a default for an argument of a resource class.
_RESOURCE_OPTION = re.compile(r"[A-Z]\w*\.\w+$")

#: Options that tell of a savepoint or checkpoint that the job begins with.
_RECOVERY_PATHS = ("execution.state-recovery.path", "execution.savepoint.path")


@dataclass
class _Collected:
    """Outputs that ``execute()`` puts into a list."""

    stream: DataStream
    results: list[dict[Any, Any]]


class FlinkEnvironment(AgentsExecutionEnvironment):
    """Runs agents as operators of a Flink job. See :func:`create`."""

    def __init__(
        self, env: StreamExecutionEnvironment, t_env: StreamTableEnvironment | None
    ) -> None:
        super().__init__()
        self.flink = env
        self._t_env = t_env
        self._uids: Counter[str] = Counter()
        self._collected: list[_Collected] = []

    @property
    def tables(self) -> StreamTableEnvironment:
        """The table environment of the job, made on first use."""
        if self._t_env is None:
            self._t_env = StreamTableEnvironment.create(self.flink)
        return self._t_env

    def options(self) -> Configuration:
        """Options for agents: Flink's configuration, then the file's, then those set in code.

        Of Flink's configuration only what concerns agents is taken: the rest may hold secrets.
        """
        flink = worker_environment.options_of(self.flink).to_dict()
        known = {option.get_key() for option in OPTIONS}
        ours = {k: v for k, v in flink.items() if k in known or _RESOURCE_OPTION.match(k)}
        options = Configuration(ours).merged_with(self._config)
        check_options(options)
        return options

    def journal(self, options: Configuration, uid: str) -> JournalSettings | None:
        """Settings of an operator's durable journal, or None if there is none."""
        folder = options.get(AgentExecutionOptions.DURABLE_JOURNAL)
        if folder is None:
            return None
        keep = options.get(AgentExecutionOptions.DURABLE_JOURNAL_KEEP)
        flink = worker_environment.options_of(self.flink)
        paths = [flink.get_string(key, "") for key in _RECOVERY_PATHS]
        return JournalSettings.of(folder, uid, next(filter(None, paths), None), keep)

    def uid(self, agent: str) -> str:
        """Identity of the next operator of an agent class."""
        self._uids[agent] += 1
        number = self._uids[agent]
        job = self._config.get(AgentConfigOptions.JOB_IDENTIFIER)
        name = f"{job}-{agent}" if job else agent
        return name if number == 1 else f"{name}-{number}"

    def from_list(self, input: Sequence[Any]) -> AgentBuilder:
        items = [
            (key if has_key else uuid4().hex, value)
            for has_key, key, value in map(split_item, input)
        ]
        if not items:
            raise ValueError("from_list got no items; Flink cannot make a stream of nothing.")
        stream = self.flink.from_collection(items)
        return FlinkBuilder(self, stream, _first, unwrap=True)

    def from_datastream(
        self,
        input: DataStream | KeyedStream,
        key_selector: Callable[[Any], Any] | None = None,
    ) -> AgentBuilder:
        keyed = isinstance(input, KeyedStream)
        if keyed and key_selector is not None:
            raise ValueError("The stream is keyed already; leave the key selector out.")
        if not keyed and key_selector is None:
            raise ValueError(
                "An agent needs keys: pass a key_selector, for example `lambda x: x['id']`, or a "
                "stream that is keyed already."
            )
        return FlinkBuilder(self, input, key_selector)

    def from_table(
        self, input: Table, key_selector: Callable[[Any], Any] | None = None
    ) -> AgentBuilder:
        try:
            rows = self.tables.to_data_stream(input)
        except TableException as error:
            if "update changes" not in str(error):
                raise
            what = str(error).partition("\n")[0].rpartition("produced by node ")[2]
            raise ValueError(
                f"from_table: the table changes rows that it gave before ({what}), and an agent "
                "takes each row as something that happened. Aggregate over windows, or pass the "
                "changes themselves: from_datastream(t_env.to_changelog_stream(table), ...), where "
                "row.get_row_kind() tells an insert from an update."
            ) from error
        return self.from_datastream(rows.map(plain_row).name("rows"), key_selector)

    def collect(self, stream: DataStream) -> list[dict[Any, Any]]:
        """A list that ``execute()`` fills with the stream's elements."""
        results: list[dict[Any, Any]] = []
        self._collected.append(_Collected(stream, results))
        return results

    def execute(self, job_name: str | None = None) -> None:
        name = job_name or self._config.get(AgentConfigOptions.JOB_IDENTIFIER) or "agents"
        worker_environment.configure(self.flink)
        if not self._collected:
            self.flink.execute(name)
            return
        first, *others = self._collected
        stream = first.stream.map(partial(_numbered, 0))
        for number, other in enumerate(others, 1):
            stream = stream.union(other.stream.map(partial(_numbered, number)))
        # DataStream.execute_and_collect would leave out the other sinks of the job.
        j_stream: Any = stream._j_data_stream
        results: Any = CloseableIterator(j_stream.collectAsync(), stream.get_type())
        job = self.flink.execute_async(name)
        with results:
            for number, element in results:
                self._collected[number].results.append(element)
        job.get_job_execution_result().result()


class FlinkBuilder(AgentBuilder):
    """Input, agent and output of one operator."""

    def __init__(
        self,
        environment: FlinkEnvironment,
        input: DataStream,
        key_selector: Callable[[Any], Any] | None,
        unwrap: bool = False,
    ) -> None:
        self._environment = environment
        self._input = input
        self._key_selector = key_selector
        self._unwrap = unwrap
        self._plan: AgentPlan | None = None
        self._uid = ""
        self._result: DataStream | None = None

    def apply(self, agent: Agent, *, uid: str | None = None) -> AgentBuilder:
        if self._plan is not None:
            raise RuntimeError("An agent was applied before. Start another from_... for another.")
        self._plan = compile_agent(
            agent,
            self._environment.resources,
            BUILT_IN_ACTIONS,
            self._environment.options().to_dict(),
        )
        self._uid = uid or self._environment.uid(self._plan.agent)
        return self

    def to_datastream(self, output_type: TypeInformation | None = None) -> DataStream:
        return self._output(output_type, with_keys=False)

    def to_table(self, schema: Schema, output_type: TypeInformation) -> Table:
        return self._environment.tables.from_data_stream(self.to_datastream(output_type), schema)

    def to_list(self) -> list[dict[Any, Any]]:
        return self._environment.collect(self._output(None, with_keys=True))

    def to_dead_letters(self) -> DataStream:
        if self._result is None:
            raise RuntimeError("Call to_datastream, to_table or to_list before to_dead_letters.")
        return self._result.get_side_output(DEAD_LETTERS)

    def _output(self, output_type: TypeInformation | None, with_keys: bool) -> DataStream:
        if self._plan is None:
            raise RuntimeError("No agent was applied. Call apply(agent) first.")
        if self._result is not None:
            raise RuntimeError("The output was taken before; use the stream that was returned.")
        options = self._environment.options()
        worker_environment.configure(self._environment.flink)
        function = AgentFunction(
            self._plan,
            options.to_dict(),
            text_keys=self._key_selector is not None,
            with_keys=with_keys,
            unwrap=self._unwrap,
            journal=self._environment.journal(options, self._uid),
        )
        keyed = self._input
        if self._key_selector is not None:
            make_codec = partial(flink_codec, dict(self._plan.data_types))
            keyed = java_operators.key_by(keyed, TextKeySelector(self._key_selector, make_codec))
        # A Python function that is chained to the operator would see wrong timestamps.
        self._result = (
            java_operators.process(cast("KeyedStream", keyed), function, output_type)
            .name(f"agent {self._plan.agent}")
            .uid(self._uid)
            .disable_chaining()
        )
        strategy = options.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY)
        if strategy is ErrorHandlingStrategy.DEAD_LETTER:
            # Without a reader PyFlink would mistake dead letters for outputs.
            self._result.get_side_output(DEAD_LETTERS)
        return self._result


def create(
    env: StreamExecutionEnvironment | None, t_env: StreamTableEnvironment | None
) -> FlinkEnvironment:
    """The environment that runs agents as operators of a Flink job."""
    if env is None:
        raise ValueError(
            "Pass the StreamExecutionEnvironment too: get_execution_environment(env, t_env)."
        )
    worker_environment.forward_gateway_errors()
    worker_environment.configure(env)
    return FlinkEnvironment(env, t_env)


def _first(item: Any) -> Any:
    return item[0]


def _numbered(number: int, element: Any) -> tuple[int, Any]:
    return number, element

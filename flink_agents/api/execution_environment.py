"""The entry point of a program: where agents get their input, and where they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flink_agents.api.agents.agent import Agent, add_resource
from flink_agents.api.configuration import Configuration
from flink_agents.api.resource import ResourceDescriptor, ResourceType, SerializableResource

if TYPE_CHECKING:
    from pyflink.common import TypeInformation  # pyright: ignore[reportMissingTypeStubs]
    from pyflink.datastream import DataStream, KeyedStream, StreamExecutionEnvironment  # pyright: ignore[reportMissingTypeStubs]
    from pyflink.table import Schema, StreamTableEnvironment, Table  # pyright: ignore[reportMissingTypeStubs]


class AgentBuilder(ABC):
    """Input of an agent, then the agent, then where its output goes."""

    @abstractmethod
    def apply(self, agent: Agent, *, uid: str | None = None) -> AgentBuilder:
        """Process the input with an agent.

        Args:
            agent: The agent. It is compiled and checked at once.
            uid: Identity of the agent's operator in savepoints. Default: the name of the agent's
                class, and its number among the agents of that class in the job.

        Returns:
            The builder itself.

        Raises:
            PlanError: If the agent cannot be compiled.
            RuntimeError: If an agent was applied before.
        """

    @abstractmethod
    def to_list(self) -> list[dict[Any, Any]]:
        """The output as a list of one-entry dicts ``{key: output}``, filled by ``execute()``."""

    @abstractmethod
    def to_datastream(self, output_type: TypeInformation | None = None) -> DataStream:
        """The output as a stream of a Flink job.

        Args:
            output_type: Flink type of the outputs. Default: any Python value.
        """

    @abstractmethod
    def to_table(self, schema: Schema, output_type: TypeInformation) -> Table:
        """The output as a table of a Flink job.

        Args:
            schema: Schema of the table.
            output_type: Flink row type of the outputs.
        """

    @abstractmethod
    def to_dead_letters(self) -> Any:
        """Events that failed for good when ``error-handling-strategy`` is ``dead-letter``.

        Returns:
            On Flink a stream of JSON texts, in-process a list of ``DeadLetter`` filled by
            ``execute()``.
        """


class AgentsExecutionEnvironment(ABC):
    """Runs agents: in this process, or as operators of a Flink job."""

    def __init__(self) -> None:
        self._config = Configuration()
        self._resources: dict[
            ResourceType, dict[str, SerializableResource | ResourceDescriptor]
        ] = {}

    @staticmethod
    def get_execution_environment(
        env: StreamExecutionEnvironment | None = None,
        t_env: StreamTableEnvironment | None = None,
        **kwargs: Any,
    ) -> AgentsExecutionEnvironment:
        """An environment to run agents in.

        Args:
            env: Flink environment of the job. None: the agent runs in this process, without
                Flink.
            t_env: Flink table environment, for ``from_table`` and ``to_table``.
            **kwargs: Options of the job by name, as ``get_config().set_str`` would set them;
                underscores stand for hyphens.

        Returns:
            The environment.

        Raises:
            EnvironmentSetupError: If Java or PyFlink is not as a job needs it.
        """
        if env is None and t_env is None:
            module, arguments = "flink_agents.runtime.local_environment", ()
        else:
            module, arguments = "flink_agents.runtime.flink.environment", (env, t_env)
        made = cast("AgentsExecutionEnvironment", import_module(module).create(*arguments))
        for name, value in kwargs.items():
            made.get_config().set_str(name.replace("_", "-"), str(value))
        return made

    @property
    def resources(self) -> dict[ResourceType, dict[str, SerializableResource | ResourceDescriptor]]:
        """Resources that all agents of this environment share, by type and name."""
        return self._resources

    def add_resource(
        self,
        name: str,
        resource_type: ResourceType,
        instance: SerializableResource | ResourceDescriptor,
    ) -> AgentsExecutionEnvironment:
        """Add a resource that all agents of this environment share.

        Args:
            name: Its name, unique for its type also among the agents' own.
            resource_type: Its type.
            instance: A descriptor, or a prompt or tool.

        Returns:
            The environment itself.
        """
        add_resource(self._resources, name, resource_type, instance)
        return self

    def get_config(self, path: str | Path | None = None) -> Configuration:
        """The job's configuration, for reading and setting options.

        Args:
            path: A YAML file whose options are taken over first. Options that are set in code win.
        """
        if path is not None:
            self._config = Configuration.from_file(path).merged_with(self._config)
        return self._config

    @abstractmethod
    def from_list(self, input: Sequence[Any]) -> AgentBuilder:
        """Take the input from a list.

        Args:
            input: Items ``{"key": ..., "value": ...}`` (or ``"k"``, ``"v"``). Without a key, an
                item gets one of its own. Anything else is a value without a key.
        """

    @abstractmethod
    def from_datastream(
        self,
        input: DataStream | KeyedStream,
        key_selector: Callable[[Any], Any] | None = None,
    ) -> AgentBuilder:
        """Take the input from a stream of a Flink job.

        Args:
            input: The stream. May be keyed already.
            key_selector: Gives the key of an element: any value that can be kept in state. Not
                for a keyed stream.
        """

    @abstractmethod
    def from_table(
        self, input: Table, key_selector: Callable[[Any], Any] | None = None
    ) -> AgentBuilder:
        """Take the input from a table of a Flink job; each row is an element.

        Args:
            input: The table.
            key_selector: Gives the key of a row.
        """

    @abstractmethod
    def execute(self, job_name: str | None = None) -> None:
        """Run the job and wait for its end.

        Args:
            job_name: Shown in Flink's dashboard.
        """


def split_item(item: Any) -> tuple[bool, Any, Any]:
    """An item of ``from_list`` as (has a key, key, value)."""
    if isinstance(item, dict):
        members = cast("dict[Any, Any]", item)
        for value in ("value", "v"):
            if value in members and set(members) <= {"key", "k", value}:
                for key in ("key", "k"):
                    if key in members:
                        return True, members[key], members[value]
                return False, None, members[value]
        return False, None, members
    return False, None, item

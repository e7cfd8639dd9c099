"""What an action can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from flink_agents.api.configuration import ReadableConfiguration
    from flink_agents.api.events.event import Event
    from flink_agents.api.memory_object import MemoryObject
    from flink_agents.api.metric_group import MetricGroup
    from flink_agents.api.resource import Resource, ResourceType

T_co = TypeVar("T_co", covariant=True)


class AsyncExecutionResult(Awaitable[T_co], Protocol[T_co]):
    """The result of a durable call that goes on in the background: await it, once or often."""


class RunnerContext(ABC):
    """The second argument of every action.

    What an action does through its context (events sent, memory written) takes effect when the
    action returns, all at once, and is dropped when it raises.
    """

    @property
    @abstractmethod
    def key(self) -> Any:
        """The key whose event is handled."""

    @abstractmethod
    def send_event(self, event: Event) -> None:
        """Send an event to the actions that listen to it; an ``OutputEvent`` leaves the agent.

        Raises:
            UnhandledEventError: If no action listens to events of this type.
        """

    @abstractmethod
    def get_resource(
        self, name: str, type: ResourceType, metric_group: MetricGroup | None = None
    ) -> Resource:
        """The resource of that name and type.

        Args:
            name: Name under which the resource was declared.
            type: Its type.
            metric_group: Where the resource reports to. Default: the running action's metrics.

        Raises:
            UnknownResourceError: If there is none.
        """

    @property
    @abstractmethod
    def action_config(self) -> dict[str, Any]:
        """The settings given to ``add_action``."""

    @abstractmethod
    def get_action_config_value(self, key: str) -> Any:
        """One of the settings given to ``add_action``, or None."""

    @property
    @abstractmethod
    def sensory_memory(self) -> MemoryObject:
        """Memory of this key that is cleared when the run ends."""

    @property
    @abstractmethod
    def short_term_memory(self) -> MemoryObject:
        """Memory of this key that lives as long as the job's state."""

    @property
    @abstractmethod
    def agent_metric_group(self) -> MetricGroup:
        """Metrics shared by all actions of the agent."""

    @property
    @abstractmethod
    def action_metric_group(self) -> MetricGroup:
        """Metrics of this action."""

    @abstractmethod
    def durable_execute(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function and keep its result, so that a replay of the action does not repeat it.

        Blocks until the function returns; for slow functions write an ``async def`` action and
        await :meth:`durable_execute_async`.

        Args:
            func: What to call. Must not be async.
            *args: Its arguments. Together with the function they are the identity of the call:
                they must be the same when the action is replayed.
            **kwargs: As ``args``.

        Returns:
            The function's result. What it raises is kept as well, and raised again.

        Raises:
            NotStorableError: If the result cannot be kept in state.
            ReplayMismatchError: If the action made another call here before the crash.
        """

    @abstractmethod
    def durable_execute_async(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncExecutionResult[Any]:
        """As :meth:`durable_execute`, beside other work; for ``async def`` actions.

        Args:
            func: What to call: an async function runs on the event loop, any other in a thread.
            *args: Its arguments.
            **kwargs: Its arguments.

        Returns:
            An awaitable for the result.
        """

    @property
    @abstractmethod
    def config(self) -> ReadableConfiguration:
        """The configuration of the job."""

    @abstractmethod
    def close(self) -> None:
        """Release what the context holds. The runtime calls it."""

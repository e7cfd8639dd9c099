"""The context that tools get: to look things up, not to act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from flink_agents.api.configuration import ReadableConfiguration
from flink_agents.api.events.event import Event
from flink_agents.api.memory_object import MemoryObject
from flink_agents.api.metric_group import MetricGroup
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.runner_context import AsyncExecutionResult, RunnerContext
from flink_agents.exceptions import AgentsError


class ToolContext(RunnerContext):
    """What a tool can do with its ``RunnerContext``.

    A tool call is one entry of the journal: after a crash its result answers and the tool does not
    run again. So what it would do besides, such as writing memory or sending events, would be lost,
    and is refused.

    Args:
        context: Context of the action that calls the tool.
        tool: Name of the tool.
    """

    def __init__(self, context: RunnerContext, tool: str) -> None:
        self._context = context
        self._tool = tool

    @property
    def key(self) -> Any:
        return self._context.key

    def get_resource(
        self, name: str, type: ResourceType, metric_group: MetricGroup | None = None
    ) -> Resource:
        return self._context.get_resource(name, type, metric_group)

    @property
    def action_config(self) -> dict[str, Any]:
        return self._context.action_config

    def get_action_config_value(self, key: str) -> Any:
        return self._context.get_action_config_value(key)

    @property
    def agent_metric_group(self) -> MetricGroup:
        return self._context.agent_metric_group

    @property
    def action_metric_group(self) -> MetricGroup:
        return self._context.action_metric_group

    @property
    def config(self) -> ReadableConfiguration:
        return self._context.config

    @property
    def sensory_memory(self) -> MemoryObject:
        self._refuse("use memory")

    @property
    def short_term_memory(self) -> MemoryObject:
        self._refuse("use memory")

    def send_event(self, event: Event) -> None:
        self._refuse("send events")

    def durable_execute(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._refuse("make durable calls: its own call is durable already")

    def durable_execute_async(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncExecutionResult[Any]:
        self._refuse("make durable calls: its own call is durable already")

    def close(self) -> None:
        pass

    def _refuse(self, what: str) -> NoReturn:
        raise AgentsError(
            f"Tool {self._tool!r} cannot {what}. Return what is needed, and let the action that "
            "takes the ChatResponseEvent do it."
        )

"""The compiled form of an agent. Immutable, and all that a host needs to run it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flink_agents.api.decorators import Trigger
from flink_agents.api.events.event import Event, event_type_name
from flink_agents.api.resource import ResourceDescriptor, ResourceType, SerializableResource
from flink_agents.plan.travelled_classes import mend_dataclass

ResourceKey = tuple[ResourceType, str]
DeclaredResource = ResourceDescriptor | SerializableResource


@dataclass(frozen=True)
class ActionSpec:
    """An action of a plan.

    Attributes:
        name: Its name, unique in the agent.
        func: Takes ``(event, ctx)``.
        triggers: What it listens to.
        config: Settings from ``add_action``.
        concurrent: Runs beside other tasks of its key. Only built-in actions do; those of users
            run one at a time per key.
    """

    name: str
    func: Callable[..., Any]
    triggers: tuple[Trigger, ...]
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    concurrent: bool = False

    @cached_property
    def is_async(self) -> bool:
        """Whether the action is an ``async def`` function."""
        func: Any = self.func
        return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(
            getattr(func, "__call__", None)  # noqa: B004
        )


@dataclass(frozen=True)
class AgentPlan:
    """An agent, checked and ready to run.

    Attributes:
        agent: Name of the agent.
        actions: Its actions in order of declaration, built-in ones last.
        resources: Its resources, and those of its environment, by type and name.
        data_types: Classes of values that a worker could not import by name, by their name in
            state: those defined in the job's script or in a function.
    """

    agent: str
    actions: tuple[ActionSpec, ...]
    resources: Mapping[ResourceKey, DeclaredResource]
    data_types: Mapping[str, type] = field(default_factory=dict[str, type])

    @cached_property
    def actions_by_name(self) -> Mapping[str, ActionSpec]:
        """The actions by name."""
        return {action.name: action for action in self.actions}

    @cached_property
    def _routes(self) -> dict[type[Event] | tuple[type[Event], str], tuple[ActionSpec, ...]]:
        return {}

    def listeners(self, event: Event) -> tuple[ActionSpec, ...]:
        """The actions that an event starts, in order of declaration."""
        cls = type(event)
        extra = event.__pydantic_extra__
        name: object = event.__dict__.get("type") or (extra.get("type") if extra else None)
        # A class by itself is found without a tuple: this is on the path of every event.
        route = (cls, name) if isinstance(name, str) else cls
        found = self._routes.get(route)
        if found is None:
            names = {event.get_type(), event_type_name(cls)}
            found = self._routes[route] = tuple(
                action
                for action in self.actions
                if any(
                    trigger in names if isinstance(trigger, str) else issubclass(cls, trigger)
                    for trigger in action.triggers
                )
            )
        return found

    def to_mermaid(self) -> str:
        """The plan as a Mermaid flowchart: events, actions, resources and who uses whom."""
        from flink_agents.plan.mermaid import draw

        return draw(self)

    def __getstate__(self) -> dict[str, Any]:
        cached = {"actions_by_name", "_routes"}
        return {name: value for name, value in self.__dict__.items() if name not in cached}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for cls in self.data_types.values():
            mend_dataclass(cls)

"""The agent: actions and resources under names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.decorators import Trigger, check_trigger
from flink_agents.api.resource import ResourceDescriptor, ResourceType, SerializableResource

#: Key of the parsed answer in ``ChatMessage.extra_args`` when a request had an output schema.
STRUCTURED_OUTPUT = "structured_output"


@dataclass(frozen=True)
class AddedAction:
    """An action that was added by :meth:`Agent.add_action`."""

    triggers: tuple[Trigger, ...]
    func: Callable[..., Any]
    config: dict[str, Any] = field(default_factory=dict[str, Any])


class Agent:
    """A set of actions and of the resources that they use.

    Subclass it and decorate static methods, or build one with :meth:`add_action` and
    :meth:`add_resource`, or both. Members of base classes belong to the agent too.
    """

    def __init__(self) -> None:
        self._actions: dict[str, AddedAction] = {}
        self._resources: dict[
            ResourceType, dict[str, SerializableResource | ResourceDescriptor]
        ] = {}

    @property
    def actions(self) -> dict[str, AddedAction]:
        """Actions added by :meth:`add_action`, by name."""
        return self.__dict__.setdefault("_actions", {})

    @property
    def resources(
        self,
    ) -> dict[ResourceType, dict[str, SerializableResource | ResourceDescriptor]]:
        """Resources added by :meth:`add_resource`, by type and name."""
        return self.__dict__.setdefault("_resources", {})

    def add_action(
        self, name: str, events: Sequence[Trigger], func: Callable[..., Any], **config: Any
    ) -> Agent:
        """Add an action.

        Args:
            name: Its name, unique in the agent.
            events: Event classes, or names of event types, that start it.
            func: Takes ``(event, ctx)``; may be async.
            **config: Settings that the action reads with ``ctx.get_action_config_value``.

        Returns:
            The agent itself.

        Raises:
            ValueError: If an action of that name was added before.
            TypeError: If an event is neither an event class nor a name, or if none is given.
        """
        if name in self.actions:
            raise ValueError(f"The agent already has an action {name!r}. Give it another name.")
        triggers = tuple(check_trigger(event) for event in events)
        if not triggers:
            raise TypeError(f"Action {name!r} listens to no event, so it would never run.")
        self.actions[name] = AddedAction(triggers, func, config)
        return self

    def add_resource(
        self,
        name: str,
        resource_type: ResourceType,
        instance: SerializableResource | ResourceDescriptor,
    ) -> Agent:
        """Add a resource.

        Args:
            name: Its name, unique for its type.
            resource_type: Its type.
            instance: A descriptor, or a prompt or tool.

        Returns:
            The agent itself.

        Raises:
            ValueError: If a resource of that name and type was added before.
            TypeError: If the instance is neither a descriptor nor a serializable resource.
        """
        add_resource(self.resources, name, resource_type, instance)
        return self


def add_resource(
    table: dict[ResourceType, dict[str, SerializableResource | ResourceDescriptor]],
    name: str,
    resource_type: ResourceType,
    instance: object,
) -> None:
    """Put a resource into a table of an agent or environment; errors as in ``Agent``."""
    if not isinstance(instance, (SerializableResource, ResourceDescriptor)):
        raise TypeError(
            f"Resource {name!r} must be a ResourceDescriptor, a prompt or a tool, "
            f"not {type(instance).__name__}."
        )
    named = table.setdefault(ResourceType(resource_type), {})
    if name in named:
        raise ValueError(
            f"There already is a {ResourceType(resource_type).value} {name!r}. "
            "Give it another name."
        )
    named[name] = instance

"""Decorators that mark the members of an :class:`~flink_agents.api.agents.agent.Agent` class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flink_agents.api.events.event import EVENT_TYPE_NAMES, Event
from flink_agents.api.resource import Resource, ResourceType

F = TypeVar("F", bound=Callable[..., Any])

#: Attribute by which a decorated action is known; holds its triggers.
ACTION_MARK = "_flink_agents_triggers"
#: Attribute by which a decorated resource is known; holds its type.
RESOURCE_MARK = "_flink_agents_resource_type"

#: What an action listens to: an event class, or the name of an event type.
Trigger = type[Event] | str


def check_trigger(trigger: object) -> Trigger:
    """The trigger, with the name of a built-in event replaced by its class.

    Raises:
        TypeError: If it is neither an event class nor a name.
    """
    if isinstance(trigger, str) and trigger:
        return EVENT_TYPE_NAMES.get(trigger, trigger)
    if isinstance(trigger, type) and issubclass(trigger, Event):
        return trigger
    raise TypeError(
        f"An action listens to event classes or names of event types, not to {trigger!r}. "
        "Write @action(InputEvent) or @action(MyEvent) with a subclass of Event."
    )


def action(*listen_events: Trigger) -> Callable[[F], F]:
    """Mark a static method as an action.

    Args:
        *listen_events: The events that start the action: event classes (subclasses are heard too),
            or names of event types such as ``"_input_event"``.

    The method takes ``(event, ctx)``, may be ``async``, and returns nothing::

        @action(InputEvent)
        @staticmethod
        def process_input(event: InputEvent, ctx: RunnerContext) -> None: ...
    """
    triggers = tuple(check_trigger(trigger) for trigger in listen_events)
    if not triggers:
        raise TypeError("@action needs at least one event to listen to, as in @action(InputEvent).")

    def mark(func: F) -> F:
        return _mark(func, ACTION_MARK, triggers)

    return mark


def chat_model_connection(func: F) -> F:
    """Mark a static method that returns the descriptor of a chat-model connection."""
    return _mark(func, RESOURCE_MARK, ResourceType.CHAT_MODEL_CONNECTION)


def chat_model_setup(func: F) -> F:
    """Mark a static method that returns the descriptor of a chat-model setup."""
    return _mark(func, RESOURCE_MARK, ResourceType.CHAT_MODEL)


def tool(func: F) -> F:
    """Mark a static method that a model may call; its docstring and type hints describe it."""
    return _mark(func, RESOURCE_MARK, ResourceType.TOOL)


def prompt(func: F) -> F:
    """Mark a static method that returns a prompt."""
    return _mark(func, RESOURCE_MARK, ResourceType.PROMPT)


C = TypeVar("C", bound=type[Resource])

#: Attribute by which a class that stands for a Java one is known.
JAVA_RESOURCE_MARK = "_flink_agents_java_resource"


def java_resource(cls: C) -> C:
    """Mark a resource class whose work is done by a Java class, named by ``java_clazz``."""
    setattr(cls, JAVA_RESOURCE_MARK, True)
    return cls


def _mark(func: F, name: str, value: object) -> F:
    member = cast("Any", func)
    if not (callable(member) or hasattr(member, "__func__")):
        raise TypeError(f"A decorator of flink_agents marks functions, not {member!r}.")
    setattr(member, name, value)
    return func

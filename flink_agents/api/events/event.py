"""Events: what enters a run, moves between its actions, and leaves it."""

from __future__ import annotations

from random import getrandbits
from typing import TYPE_CHECKING, Any
from uuid import UUID, SafeUUID

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import Self

#: The ``type`` strings of the events that every agent has.
INPUT_EVENT_TYPE = "_input_event"
OUTPUT_EVENT_TYPE = "_output_event"


_new = object.__new__
_set = object.__setattr__
_UNKNOWN_SAFETY = SafeUUID.unknown


def new_event_id() -> UUID:
    """A random version 4 UUID.

    Drawn from the process's generator rather than from the operating system, and without the
    checks of UUID's constructor: an id tells the events of one run apart, is on the path of every
    event, and is no secret.
    """
    made = _new(UUID)
    bits = getrandbits(128) & ~(0xF000 << 64) & ~(0xC000 << 48)
    _set(made, "int", bits | 0x4000_8000 << 48)
    _set(made, "is_safe", _UNKNOWN_SAFETY)
    return made


class Event(BaseModel):
    """Base of all events.

    Subclass it with typed fields, or use it as it is with a ``type`` string and ``attributes``.
    Fields may hold anything that can be kept in state: JSON values, pydantic models, dataclasses,
    enums, tuples, sets, datetimes, decimals, bytes, UUIDs and Flink rows.

    Attributes:
        id: Identity of the event, given when it is created.
        type: Name of the event, for actions that listen by name. Of a subclass it is None.
        attributes: Values of an event that is known by its ``type``.
    """

    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)

    id: UUID = Field(default_factory=new_event_id)

    if TYPE_CHECKING:

        def __init__(self, **data: Any) -> None: ...

    def get_attr(self, name: str, default: Any = None) -> Any:
        """The value called ``name``, from the attributes or the fields, else ``default``."""
        attributes: dict[str, Any] = getattr(self, "attributes", None) or {}
        return attributes[name] if name in attributes else getattr(self, name, default)

    def get_type(self) -> str:
        """The name by which ``@action("name")`` hears this event."""
        return getattr(self, "type", None) or event_type_name(type(self))

    @classmethod
    def from_event(cls, event: Event) -> Self:
        """Read a named event as this class: its attributes become the fields.

        Raises:
            pydantic.ValidationError: If the attributes do not fit the fields.
        """
        if isinstance(event, cls):
            return event
        data = {**event.__dict__, **(event.__pydantic_extra__ or {})}
        attributes: dict[str, Any] = data.pop("attributes", None) or {}
        data.pop("type", None)
        return cls(**{**data, **attributes})


class InputEvent(Event):
    """An element of the input stream has arrived.

    Attributes:
        input: The element.
    """

    input: Any


class OutputEvent(Event):
    """A value for the output stream.

    Attributes:
        output: The value.
    """

    output: Any


#: Names of built-in event classes; other modules of this package add theirs.
EVENT_TYPE_NAMES: dict[str, type[Event]] = {
    INPUT_EVENT_TYPE: InputEvent,
    OUTPUT_EVENT_TYPE: OutputEvent,
}


def event_type_name(event_type: type[Event]) -> str:
    """The name of an event class: a short one for built-in events, else its dotted path."""
    for name, known in EVENT_TYPE_NAMES.items():
        if known is event_type:
            return name
    return f"{event_type.__module__}.{event_type.__qualname__}"

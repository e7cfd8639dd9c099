"""Memory that an agent keeps per key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import Any

from flink_agents.api.memory_reference import MemoryRef


class MemoryType(str, Enum):
    """Kinds of memory by how long they live."""

    #: Until the end of the run.
    SENSORY = "sensory"
    #: As long as the job's state.
    SHORT_TERM = "short_term"


class MemoryObject(ABC):
    """An object in memory: named fields, each a value or an object of its own.

    Paths are field names joined by dots, relative to the object. Values may be anything that can
    be kept in state (see :class:`flink_agents.api.events.event.Event`). A value that is read is a
    copy: to change what is stored, ``set`` it.
    """

    @abstractmethod
    def get(self, path_or_ref: str | MemoryRef) -> Any:
        """The value at a path, the object there as a ``MemoryObject``, or None if there is none.

        Args:
            path_or_ref: A path relative to this object, or a reference, which is absolute.
        """

    @abstractmethod
    def set(self, path: str, value: Any, *, overwrite: bool = False) -> MemoryRef:
        """Store a value; missing objects on the way are created.

        Args:
            path: Path relative to this object, such as ``"user.name"``.
            value: What to store.
            overwrite: Replace an object with all its fields by the value. Default False.

        Returns:
            A reference to the value, which can travel in an event.

        Raises:
            MemoryPathError: If an object is stored there and ``overwrite`` is False, or if the way
                there leads through a value.
            NotStorableError: If the value is of a type that cannot be kept in state.
        """

    @abstractmethod
    def new_object(self, path: str, *, overwrite: bool = False) -> MemoryObject:
        """Create an empty object, or return the one that is there.

        Raises:
            MemoryPathError: If a value is stored there and ``overwrite`` is False.
        """

    @abstractmethod
    def is_exist(self, path: str) -> bool:
        """Whether there is a value or an object at the path."""

    @abstractmethod
    def get_field_names(self) -> list[str]:
        """Names of this object's fields, in the order of their creation."""

    @abstractmethod
    def get_fields(self) -> dict[str, Any]:
        """The fields by name; a nested object shows as ``{"__OBJECT__": [its field names]}``."""

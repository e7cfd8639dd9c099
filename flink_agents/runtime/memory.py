"""Memory of a key as one action sees it: what is stored, under what the action has written.

Memory is a tree of nodes, each kept as text under its dotted path: a value, or an object that
lists its fields' names. So an action reads and writes only the nodes it touches.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flink_agents.api.memory_object import MemoryObject, MemoryType
from flink_agents.api.memory_reference import MemoryRef
from flink_agents.engine.codec import Codec
from flink_agents.exceptions import MemoryPathError, NotStorableError

_OBJECT = '{"$":"object","v":'


class MemoryView:
    """Memory of one type, with the writes of one action on top.

    Args:
        memory_type: Which memory.
        read: Reads a stored node by path; None if there is none.
        codec: Encodes values.
        where: Names of action and key, for errors.
    """

    def __init__(
        self,
        memory_type: MemoryType,
        read: Callable[[str], str | None],
        codec: Codec,
        where: tuple[str, Any],
    ) -> None:
        self.memory_type = memory_type
        self.codec = codec
        self.writes: dict[str, str | None] = {}
        self._read = read
        self._seen: dict[str, str | None] = {}
        self._owner = where

    @property
    def _where(self) -> str:
        action, key = self._owner
        return f"Action {action!r}, key {key!r}"

    def node(self, path: str) -> str | None:
        """The node at an absolute path."""
        for known in (self.writes, self._seen):
            if path in known:
                return known[path]
        node = self._seen[path] = self._read(path)
        return node

    def write_value(self, path: str, value: Any, overwrite: bool) -> None:
        """Store a value, with the objects on the way to it."""
        try:
            text = self.codec.dumps(value)
        except NotStorableError as error:
            raise NotStorableError(f"{self._where}, memory {path!r}: {error}") from None
        present = self.node(path)
        if present is not None and present.startswith(_OBJECT):
            if not overwrite:
                raise MemoryPathError(
                    f"{self._where}: memory {path!r} holds an object; pass overwrite=True to "
                    "replace it with all its fields by a value."
                )
            self._remove_fields(path, present)
        if present is None:
            self._link(path)
        self.writes[path] = text

    def write_object(self, path: str, overwrite: bool) -> None:
        """Create an empty object unless there is one."""
        present = self.node(path)
        if present is not None and present.startswith(_OBJECT):
            return
        if present is not None and not overwrite:
            raise MemoryPathError(
                f"{self._where}: memory {path!r} holds a value; pass overwrite=True to replace "
                "it by an object."
            )
        if present is None:
            self._link(path)
        self.writes[path] = _object([])

    def fields(self, path: str) -> list[str] | None:
        """Field names of the object at a path, or None if there is no object."""
        node = self.node(path)
        return json.loads(node)["v"] if node is not None and node.startswith(_OBJECT) else None

    def _link(self, path: str) -> None:
        """Make a new node a field of its parent, creating the parents that are missing."""
        if not path:
            return
        parent, _, name = path.rpartition(".")
        node = self.node(parent)
        if node is None:
            self._link(parent)
            self.writes[parent] = _object([name])
        elif node.startswith(_OBJECT):
            self.writes[parent] = _object([*json.loads(node)["v"], name])
        else:
            raise MemoryPathError(
                f"{self._where}: memory {parent!r} holds a value, so it cannot have the field "
                f"{name!r}. Store an object there, or use another path."
            )

    def _remove_fields(self, path: str, node: str) -> None:
        for name in json.loads(node)["v"]:
            child = f"{path}.{name}" if path else name
            below = self.node(child)
            if below is not None and below.startswith(_OBJECT):
                self._remove_fields(child, below)
            self.writes[child] = None


class StoredMemoryObject(MemoryObject):
    """The object at a path of a memory."""

    def __init__(self, view: MemoryView, path: str = "") -> None:
        self.view = view
        self._path = path

    def get(self, path_or_ref: str | MemoryRef) -> Any:
        if isinstance(path_or_ref, MemoryRef):
            path = path_or_ref.path
        else:
            path = self._absolute(path_or_ref)
        node = self.view.node(path)
        if node is None:
            return None
        if node.startswith(_OBJECT):
            return StoredMemoryObject(self.view, path)
        return self.view.codec.loads(node)

    def set(self, path: str, value: Any, *, overwrite: bool = False) -> MemoryRef:
        absolute = self._absolute(path)
        self.view.write_value(absolute, value, overwrite)
        return MemoryRef.create(self.view.memory_type, absolute)

    def new_object(self, path: str, *, overwrite: bool = False) -> MemoryObject:
        absolute = self._absolute(path)
        self.view.write_object(absolute, overwrite)
        return StoredMemoryObject(self.view, absolute)

    def is_exist(self, path: str) -> bool:
        return self.view.node(self._absolute(path)) is not None

    def get_field_names(self) -> list[str]:
        return self.view.fields(self._path) or []

    def get_fields(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name in self.get_field_names():
            value = self.get(name)
            if isinstance(value, MemoryObject):
                value = {"__OBJECT__": value.get_field_names()}
            shown[name] = value
        return shown

    def _absolute(self, path: str) -> str:
        if not isinstance(path, str) or not all(path.split(".")):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise MemoryPathError(
                f"{path!r} is no memory path: give field names joined by dots, as 'user.name'."
            )
        return f"{self._path}.{path}" if self._path else path


def _object(names: list[str]) -> str:
    return f"{_OBJECT}{json.dumps(names)}}}"

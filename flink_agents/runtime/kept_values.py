"""What resources keep with a key: nodes of its memory that actions do not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flink_agents.api.resource import KeptValues, ResourceDescriptor, argument_names
from flink_agents.engine.codec import Codec
from flink_agents.plan.agent_plan import AgentPlan


class StoredValues(KeptValues):
    """Values of one key as one action sees them.

    Args:
        read: Reads a node of memory by path; None if there is none.
        codec: Encodes values.
    """

    def __init__(self, read: Callable[[str], str | None], codec: Codec) -> None:
        self.writes: dict[str, str | None] = {}
        self._read = read
        self._codec = codec

    def get(self, name: str) -> Any:
        path = node_path(name)
        node = self.writes[path] if path in self.writes else self._read(path)
        return None if node is None else self._codec.loads(node)

    def set(self, name: str, value: Any) -> None:
        self.writes[node_path(name)] = self._codec.dumps(value)


def node_path(name: str) -> str:
    """Where a value is kept: no path of a user's begins with a dot."""
    return f".kept.{name}"


def kept_paths(plan: AgentPlan) -> list[str]:
    """The nodes of each key that the plan's resources may ask for."""
    names: set[str] = set()
    for declared in plan.resources.values():
        if isinstance(declared, ResourceDescriptor):
            cls = declared.resolve_class()
            names.update(cls.keeps(argument_names(cls, declared.arguments)))
    return sorted(map(node_path, names))


__all__ = ["StoredValues", "kept_paths", "node_path"]

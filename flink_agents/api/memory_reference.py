"""References to values in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from flink_agents.api.memory_object import MemoryType
    from flink_agents.api.runner_context import RunnerContext


class MemoryRef(BaseModel):
    """Where a value lies in memory. Small, so an event can carry it in the value's place.

    Attributes:
        memory_type: ``"sensory"`` or ``"short_term"``.
        path: Absolute path of the value.
    """

    model_config = ConfigDict(frozen=True)

    memory_type: str
    path: str

    @staticmethod
    @lru_cache  # a reference cannot be changed, and programs write the same few paths
    def create(memory_type: MemoryType, path: str) -> MemoryRef:
        """A reference to ``path`` in the memory of that type."""
        return MemoryRef(memory_type=memory_type.value, path=path)

    def resolve(self, ctx: RunnerContext) -> Any:
        """The value in the memory of the current key, or None if there is none."""
        sensory = self.memory_type == "sensory"
        memory = ctx.sensory_memory if sensory else ctx.short_term_memory
        return memory.get(self)

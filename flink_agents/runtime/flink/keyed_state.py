"""State of the current key in Flink's keyed state. All of it is text."""

from __future__ import annotations

from typing import Any

from pyflink.common.typeinfo import Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from flink_agents.runtime.flink.deferred_writes import DeferredWrites


class FlinkKeyStore:
    """Keyed state of the operator.

    ``open-work`` holds the engine's state of a key that has open work; ``short-term-memory`` the
    nodes of its memory by path; ``waiting-elements`` its queue by index; ``held-outputs`` outputs
    by event time that wait for the watermark.

    Args:
        context: Of the operator, in ``open()``.
    """

    def __init__(self, context: RuntimeContext) -> None:
        text, number = Types.STRING(), Types.LONG()
        self._open: Any = context.get_state(ValueStateDescriptor("open-work", text))
        self._memory: Any = context.get_map_state(
            MapStateDescriptor("short-term-memory", text, text)
        )
        self._waiting: Any = context.get_map_state(
            MapStateDescriptor("waiting-elements", number, text)
        )
        self._held: Any = context.get_map_state(MapStateDescriptor("held-outputs", number, text))
        self.load = self._open.value
        self.save = self._open.update
        self.clear = self._open.clear
        self.read_memory = self._memory.get
        self.put_waiting = self._waiting.put

    def write_memory(self, nodes: dict[str, str | None]) -> None:
        for path, node in nodes.items():
            if node is None:
                self._memory.remove(path)
            else:
                self._memory.put(path, node)

    def all_memory(self) -> dict[str, str]:
        # Listing entries is by far the slowest call to Flink, and most keys have none.
        return {} if self._memory.is_empty() else dict(self._memory.items())

    def take_waiting(self, index: int) -> str:
        text: str = self._waiting.get(index)
        self._waiting.remove(index)
        return text

    def held_timestamps(self) -> set[int]:
        """The timestamps at which outputs wait for the watermark."""
        return set() if self._held.is_empty() else set(self._held.keys())

    def held(self, timestamp: int) -> str | None:
        """Outputs that wait for the watermark to pass ``timestamp``, or None."""
        return self._held.get(timestamp)

    def hold(self, timestamp: int, text: str) -> None:
        """Replace the outputs that wait for ``timestamp``."""
        self._held.put(timestamp, text)

    def release(self, timestamp: int) -> None:
        """Forget the outputs that waited for ``timestamp``."""
        self._held.remove(timestamp)

    def change_by(self, writes: DeferredWrites) -> None:
        """Let the changes that most elements make be noted there."""
        writes.use_state(self._open._state, self._memory._state)


class DeferredKeyStore:
    """As :class:`FlinkKeyStore`, but the changes that most elements make are noted to be made.

    All else is done at once, after what was noted before.

    Args:
        store: The state.
        writes: Where changes are noted.
    """

    def __init__(self, store: FlinkKeyStore, writes: DeferredWrites) -> None:
        store.change_by(writes)
        self.save = writes.save
        self.clear = writes.clear
        self.write_memory = writes.write_memory
        self.load = writes.before(store.load)
        self.read_memory = writes.before(store.read_memory)
        self.all_memory = writes.before(store.all_memory)
        self.put_waiting = writes.before(store.put_waiting)
        self.take_waiting = writes.before(store.take_waiting)
        self.held_timestamps = writes.before(store.held_timestamps)
        self.held = writes.before(store.held)
        self.hold = writes.before(store.hold)
        self.release = writes.before(store.release)

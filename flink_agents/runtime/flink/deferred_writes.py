"""Changes of state and timers that Java makes, in thread mode, when a call into Python returns.

Each call from Python to Java gives up the interpreter's lock and takes it again, and an element
with a model call would need ten of them. Here the changes are noted in their order, and go back
with what the call returns. What has to be read from Flink meanwhile is read after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from pyflink.datastream import TimerService

from flink_agents.exceptions import AgentsError
from flink_agents.runtime.flink.key_switch import KeyHandle, KeySwitch

R = TypeVar("R")

# What is to be done, as KeyedWrites.java numbers it. What it takes follows the number.
_SWITCH_KEY = 0
_SAVE = 1
_CLEAR = 2
_PUT = 3
_REMOVE = 4
_REGISTER_PROCESSING_TIME = 5
_DELETE_PROCESSING_TIME = 6
_REGISTER_EVENT_TIME = 7
_DELETE_EVENT_TIME = 8

#: Numbers and values that are noted at most, and some more of one key.
_MOST = 2_000


class DeferredWrites:
    """The changes that the call under way wants made.

    Args:
        j_writes: Makes them: the operator's ``KeyedWrites`` in Java.
    """

    def __init__(self, j_writes: Any) -> None:
        self._j_writes = j_writes
        self._changes: list[Any] = []
        self._key: KeyHandle | None = None
        self._current_key: Callable[[], KeyHandle] | None = None
        self._failure = ""  # as text: the error has frames, which refer to this object

    def begin(self, key: str | None) -> None:
        """A call begins.

        Args:
            key: The current key, or None if it is no text.
        """
        self._key = cast("KeyHandle | None", key)

    def take(self) -> tuple[Any, ...] | None:
        """The changes, once, or None if there are none.

        Raises:
            AgentsError: If changes have failed before, whoever took that for a failure of its own:
                they are lost, so the job must not go on.
        """
        if self._failure:
            raise AgentsError(f"Changes of state were lost: {self._failure}")
        if not self._changes:
            return None
        changes = tuple(self._changes)
        self._changes.clear()
        return changes

    def make(self) -> None:
        """Make the changes now."""
        if (changes := self.take()) is None:
            return
        try:
            self._j_writes.make(changes)
        except BaseException as error:
            self._failure = f"{type(error).__name__}: {error}"
            raise

    def before(self, call: Callable[..., R]) -> Callable[..., R]:
        """``call``, for which all that comes before it has to be made."""

        def made_before(*args: Any) -> R:
            self.make()
            return call(*args)

        return made_before

    # The current key.

    def key_switch(self, direct: KeySwitch) -> KeySwitch:
        """Reads and sets the current key; keys that are no texts are read by ``direct``."""
        self._current_key = direct.current
        return KeySwitch(self._current, self._switch)

    def _current(self) -> KeyHandle:
        if self._key is None:
            assert self._current_key is not None
            self.make()
            self._key = self._current_key()
        return self._key

    def _switch(self, handle: KeyHandle) -> None:
        self._key = handle
        # A timer that waits for all open work goes from key to key and does not return.
        if len(self._changes) > _MOST:
            self.make()
        self._changes += (_SWITCH_KEY, handle)

    # State.

    def use_state(self, j_open: Any, j_memory: Any) -> None:
        """Say which states in Java the next methods change."""
        self._j_writes.useState(j_open, j_memory)

    def save(self, text: str) -> None:
        """Keep the open work of the current key."""
        self._changes += (_SAVE, text)

    def clear(self) -> None:
        """The current key has no open work."""
        self._changes.append(_CLEAR)

    def write_memory(self, nodes: dict[str, str | None]) -> None:
        """Write nodes of the memory of the current key; None removes one."""
        for path, node in nodes.items():
            self._changes += (_REMOVE, path) if node is None else (_PUT, path, node)

    # Timers.

    def timers(self, j_timers: Any) -> DeferredTimers:
        """The timers of the current key.

        Args:
            j_timers: PyFlink's timer service in Java.
        """
        self._j_writes.useTimers(j_timers)
        return DeferredTimers(self._changes, j_timers)


class DeferredTimers(TimerService):
    """PyFlink's timer service, with changes that Java makes.

    Args:
        changes: Where they are noted.
        j_timers: PyFlink's timer service in Java.

    Attributes:
        watermark: The current one.
    """

    def __init__(self, changes: list[Any], j_timers: Any) -> None:
        self._changes = changes
        self._j_timers = j_timers
        self.watermark = 0

    def current_processing_time(self) -> Any:
        return self._j_timers.currentProcessingTime()

    def current_watermark(self) -> Any:
        return self.watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        self._changes += (_REGISTER_PROCESSING_TIME, timestamp)

    def register_event_time_timer(self, timestamp: int) -> None:
        self._changes += (_REGISTER_EVENT_TIME, timestamp)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        self._changes += (_DELETE_PROCESSING_TIME, timestamp)

    def delete_event_time_timer(self, timestamp: int) -> None:
        self._changes += (_DELETE_EVENT_TIME, timestamp)


__all__ = ["DeferredTimers", "DeferredWrites"]

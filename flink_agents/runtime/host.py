"""What the agent runner needs of a host: state of the current key, and a way out for results."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from flink_agents.runtime.dead_letter import DeadLetter


class KeyStore(Protocol):
    """State of the key that the host has made current. All values are text."""

    def load(self) -> str | None:
        """What was saved, or None."""
        ...

    def save(self, text: str) -> None:
        """Keep the state of open work."""
        ...

    def clear(self) -> None:
        """Forget the state of open work."""
        ...

    def read_memory(self, path: str) -> str | None:
        """A node of short-term memory, or None."""
        ...

    def write_memory(self, nodes: dict[str, str | None]) -> None:
        """Write nodes of short-term memory; None removes one."""
        ...

    def all_memory(self) -> dict[str, str]:
        """All nodes of short-term memory by path."""
        ...

    def put_waiting(self, index: int, text: str) -> None:
        """Put an element into the queue."""
        ...

    def take_waiting(self, index: int) -> str:
        """Take an element out of the queue."""
        ...


class Host(Protocol):
    """What the runner asks of its host, beside state."""

    def switch(self, handle: Any) -> None:
        """Make a key current."""
        ...

    def opened(self, key: Hashable) -> None:
        """The current key has open work from now on."""
        ...

    def idle(self, key: Hashable) -> None:
        """The current key has no open work any more."""
        ...

    def emit(self, key: Hashable, value: Any, timestamp: int | None) -> None:
        """Send a value downstream."""
        ...

    def dead_letter(self, letter: DeadLetter) -> None:
        """Send a failed event to the dead letters."""
        ...

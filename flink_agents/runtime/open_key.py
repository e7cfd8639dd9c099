"""A key that has open work, as the runner and those it asks see it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from flink_agents.engine.state import KeyState


@dataclass(slots=True)
class OpenKey:
    """A key of this subtask that has open work.

    Attributes:
        key: The key.
        handle: What the host needs to switch to it.
        state: Its state in the engine.
        saved: Whether its open work is in the host's state.
        announced: Whether the host knows that it has open work.
    """

    key: Hashable
    handle: Any
    state: KeyState
    saved: bool = False
    announced: bool = False

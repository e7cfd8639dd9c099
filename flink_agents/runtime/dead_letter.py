"""What is kept of an event whose action failed for good."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import asdict, dataclass

from pydantic import BaseModel

from flink_agents.engine.effects import SendDeadLetter

_MAX_TEXT = 10_000


@dataclass(frozen=True)
class DeadLetter:
    """A failed event, in plain values for people and tools to read.

    Attributes:
        key: The key, as text.
        action: The action that failed.
        event: Name of the event's class.
        input: The run's input element, as text.
        error: Class and text of the error.
        attempts: How often it was tried.
    """

    key: str
    action: str
    event: str
    input: str
    error: str
    attempts: int

    @staticmethod
    def of(key: Hashable, effect: SendDeadLetter) -> DeadLetter:
        """The letter for a failed event."""
        return DeadLetter(
            str(key),
            effect.action,
            type(effect.event).__name__,
            _text(effect.input),
            f"{type(effect.error).__name__}: {effect.error}"[:_MAX_TEXT],
            effect.attempts,
        )

    def to_json(self) -> str:
        """The letter as one line of JSON."""
        return json.dumps(asdict(self))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)

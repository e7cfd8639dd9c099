"""Errors of durable calls as JSON values and back, without pickle."""

from __future__ import annotations

import builtins
from typing import Any

from flink_agents import exceptions
from flink_agents.exceptions import AgentsError


class RecordedCallError(AgentsError):
    """A durable call failed before a crash; its own error class cannot be rebuilt from text.

    Attributes:
        error_class: Dotted name of the error's class.
    """

    def __init__(self, error_class: str, text: str) -> None:
        super().__init__(f"{error_class}: {text}")
        self.error_class = error_class


def dump_error(error: Exception) -> list[str]:
    """The error's class and text."""
    return [f"{type(error).__module__}.{type(error).__qualname__}", str(error)]


def load_error(body: Any) -> Exception:
    """An error of the same class where that is built in or of this library, else a recorded one."""
    name, text = body
    module, _, cls_name = name.rpartition(".")
    scope = {"builtins": builtins, "flink_agents.exceptions": exceptions}.get(module)
    cls = getattr(scope, cls_name, None)
    plain = isinstance(cls, type) and issubclass(cls, Exception) and cls.__init__ in _TEXT_INITS
    return cls(text) if plain and cls is not None else RecordedCallError(name, text)


_TEXT_INITS = {Exception.__init__, ValueError.__init__, OSError.__init__, KeyError.__init__}

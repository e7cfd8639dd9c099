"""Errors as they cross the bridge: a kind, the class, the message and the stack, no secrets."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from flink_agents.api.resource import is_secret_name, snake_case
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)

_KINDS: dict[str, type[ModelError]] = {
    "timeout": ModelTimeoutError,
    "unavailable": ModelUnavailableError,
    "request": ModelRequestError,
    "output": ModelOutputError,
}
#: Classes that are no model errors but tell as much.
_ALIKE: dict[str, tuple[type[BaseException], ...]] = {
    "timeout": (TimeoutError, asyncio.TimeoutError),
    "unavailable": (ConnectionError,),
}
#: Shorter ones would hit ordinary words, and protect nothing.
_SECRET_CHARS = 6
_STACK_CHARS = 20_000


def error_to_wire(error: BaseException, secrets: Iterable[str] = ()) -> dict[str, str]:
    """An error for the other side.

    Args:
        error: What was raised.
        secrets: Texts that must not be in it.
    """
    stack = "".join(traceback.format_exception(error))
    cls = type(error)
    return {
        "kind": _kind(error),
        "class": f"{cls.__module__}.{cls.__qualname__}",
        "message": without(secrets, str(error)),
        "stack": without(secrets, stack)[-_STACK_CHARS:],
    }


def error_from_wire(written: Mapping[str, Any], secrets: Iterable[str] = ()) -> ModelError:
    """The error of the other side as one of this language, with its stack as a note.

    Args:
        written: From :func:`error_to_wire`, or from its counterpart in Java.
        secrets: Texts that must not be in it.
    """
    cls = _KINDS.get(str(written.get("kind")), ModelError)
    told = f"{written.get('class')}: {written.get('message')}"
    error = cls(without(secrets, told))
    if stack := str(written.get("stack") or ""):
        # add_note() came with Python 3.11; the attribute is the same.
        error.__dict__["__notes__"] = [
            f"On the other side of the bridge:\n{without(secrets, stack).rstrip()}"
        ]
    return error


def secrets_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Texts among the arguments of a resource that must not be shown: keys, tokens, headers."""
    found = {text for text in _secrets(arguments, False) if len(text) >= _SECRET_CHARS}
    return tuple(sorted(found, key=len, reverse=True))


def without(secrets: Iterable[str], text: str) -> str:
    """The text with stars for each secret."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _secrets(value: Any, hidden: bool) -> Iterator[str]:
    if isinstance(value, str):
        if hidden:
            yield value
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[Any, Any]", value).items():
            own = is_secret_name(str(name)) or snake_case(str(name)).endswith("headers")
            yield from _secrets(item, hidden or own)
    elif isinstance(value, (list, tuple)):
        for item in cast("Iterable[Any]", value):
            yield from _secrets(item, hidden)


def _kind(error: BaseException) -> str:
    for kind, cls in _KINDS.items():
        if isinstance(error, (cls, *_ALIKE.get(kind, ()))):
            return kind
    return "other"


__all__ = ["error_from_wire", "error_to_wire", "secrets_of", "without"]

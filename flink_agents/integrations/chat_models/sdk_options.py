"""Options of one request, as the SDKs of OpenAI and Anthropic have them beside its parameters."""

from __future__ import annotations

from typing import Any

#: What callers name them, and what the function that sends a request does.
_NAMES = {"extra_headers": "headers", "extra_query": "params", "timeout": "timeout"}


def take_options(arguments: dict[str, Any]) -> dict[str, Any]:
    """Remove the options from the arguments of a call.

    Returns:
        ``headers``, ``params`` and ``timeout``, as far as they are given.
    """
    taken = {name: arguments.pop(key, None) for key, name in _NAMES.items()}
    return {name: value for name, value in taken.items() if value is not None}


__all__ = ["take_options"]

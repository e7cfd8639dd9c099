"""What a model takes, told by its name.

Newer models of Anthropic take no sampling parameters and no prefill, and answer to a schema.
Those that differ are old and will not become more, so they are the ones that are listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

#: ``claude-3-5-haiku-...``, ``claude-opus-4-1-20250805``, ``claude-sonnet-4.5``, ``claude-v2``;
#: before it may stand what gateways put there. A date is no minor version.
_VERSION = re.compile(r"claude-(?:[a-z]+-)?v?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?")

#: Parameters that models up to version 4.6 take, and the API only in its older version.
SAMPLING: Final = frozenset({"temperature", "top_p", "top_k"})


def takes_sampling(model: str) -> bool:
    """Whether the model takes ``temperature``, ``top_p`` and ``top_k``."""
    return _is_foreign(model) or _version(model) <= (4, 6)


def takes_prefill(model: str) -> bool:
    """Whether the model goes on with an answer that is begun for it."""
    return _is_foreign(model) or _version(model) < (4, 6)


def takes_schema(model: str) -> bool:
    """Whether the model has structured output of its own.

    Models of others do not count among them: servers that do not know the parameter ignore it.
    """
    return not _is_foreign(model) and _version(model) >= (4, 5)


def thinks(arguments: Mapping[str, Any]) -> bool:
    """Whether the parameters of a request switch thinking on."""
    thinking = arguments.get("thinking")
    if not isinstance(thinking, Mapping):
        return False
    return cast("Mapping[str, Any]", thinking).get("type") not in (None, "disabled")


def _is_foreign(model: str) -> bool:
    return "claude" not in model.lower()


def _version(model: str) -> tuple[int, int]:
    found = _VERSION.search(model.lower())
    if found is None:
        return (1, 0) if "claude-instant" in model.lower() else (99, 0)
    return int(found[1]), int(found[2] or 0)


__all__ = ["SAMPLING", "takes_prefill", "takes_sampling", "takes_schema", "thinks"]

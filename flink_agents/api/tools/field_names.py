"""Names of pydantic fields for arguments whose own names pydantic does not take."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from pydantic import BaseModel

_RESERVED_PREFIX = "model_"


def field_names(names: Iterable[str]) -> dict[str, str]:
    """A field name for each argument name: the same where it can be, else a similar one.

    Args:
        names: Names of the arguments, each once: any text.
    """
    names = list(names)
    chosen = {name: name for name in names if _fits(name)}
    taken = set(chosen.values())
    for name in names:
        if name in chosen:
            continue
        stem = re.sub(r"\W", "_", name).strip("_")
        if not stem[:1].isalpha() or stem.startswith(_RESERVED_PREFIX):
            stem = f"field_{stem}".rstrip("_")
        candidate, number = f"{stem}_", 2
        while candidate in taken or not _fits(candidate):
            candidate, number = f"{stem}_{number}", number + 1
        chosen[name] = candidate
        taken.add(candidate)
    return chosen


def _fits(name: str) -> bool:
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and not name.startswith(_RESERVED_PREFIX)
        and not hasattr(BaseModel, name)
    )

"""Mends classes that have travelled to a worker by value."""

from __future__ import annotations

import dataclasses
from typing import Any

_MISSING: Any = dataclasses.MISSING
_KINDS: dict[str, Any] = {
    name: getattr(dataclasses, name) for name in ("_FIELD", "_FIELD_CLASSVAR", "_FIELD_INITVAR")
}


def mend_dataclass(cls: type) -> None:
    """Make a dataclass know its fields again; other classes stay as they are.

    ``dataclasses`` tells fields apart by marks that it compares by identity, and a class that is
    pickled by value brings copies of them along. ``fields()`` and ``asdict()`` would find nothing.
    """
    for field in vars(cls).get("__dataclass_fields__", {}).values():
        field._field_type = _KINDS[repr(field._field_type)]
        for name in ("default", "default_factory"):
            if isinstance(getattr(field, name), type(_MISSING)):
                setattr(field, name, _MISSING)

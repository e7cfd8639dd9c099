"""Functions as JSON: by module and name, from which they are imported again."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast


def reference_of(func: Callable[..., Any]) -> dict[str, str]:
    """Where a function is defined, as ``{"module": ..., "qualname": ...}``.

    Raises:
        ValueError: If it has no place of its own: a ``functools.partial``, or the bound method of
            an instance.
    """
    module, qualname = getattr(func, "__module__", None), getattr(func, "__qualname__", None)
    owner = getattr(func, "__self__", None)
    if not module or not qualname or not (owner is None or isinstance(owner, type)):
        raise ValueError(
            f"{func!r} cannot be written as JSON, because it is not defined under a name in a "
            "module. Define a function at the top level of a module, or pickle it."
        )
    return {"module": module, "qualname": qualname}


def resolve_reference(reference: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that :func:`reference_of` described, imported if need be.

    Raises:
        ValueError: If it cannot be found; says what is missing.
    """
    module, qualname = reference.get("module"), reference.get("qualname")
    if not isinstance(module, str) or not isinstance(qualname, str):
        raise ValueError(f"A function is written as module and qualname, not as {reference!r}.")
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"The function {qualname} of module {module} cannot be imported ({error}). Define it "
            "at the top level of a module, or in a class there, that is on the Python path."
        ) from error
    if not callable(found):
        raise ValueError(f"{module}.{qualname} is not a function but {type(found).__name__}.")
    return cast("Callable[..., Any]", found)


def same_function(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Whether two functions are the same, or copies of the same named one in a module."""
    if one == other:
        return True
    try:
        reference = reference_of(one)
        # Local functions of one name may close over different values.
        return "<" not in reference["qualname"] and reference == reference_of(other)
    except ValueError:
        return False

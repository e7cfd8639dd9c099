"""How JSON schemas are read that are rewritten for a provider's strict form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

#: Makes the error for a place in the schema and what is wrong there.
Refused = Callable[[str, str], ValueError]


def as_node(schema: Any, path: str, refused: Refused) -> Mapping[str, Any]:
    """The schema as an object; an ``allOf`` of one schema is drawn into it.

    Args:
        schema: A JSON schema, or a part of one.
        path: Its place.
        refused: Makes the error.

    Raises:
        ValueError: If it is true or false, or combines several schemas.
    """
    if not isinstance(schema, Mapping):
        raise refused(path, "takes any value" if schema else "takes no value")
    node = cast("Mapping[str, Any]", schema)
    if "allOf" not in node:
        return node
    if len(node["allOf"]) != 1:
        raise refused(path, "combines several schemas (allOf)")
    return {**node["allOf"][0], **{k: v for k, v in node.items() if k != "allOf"}}


def has_type(node: Mapping[str, Any], kind: str) -> bool:
    """Whether that is its type, or one of its types."""
    found = node.get("type")
    return found == kind or (isinstance(found, list) and kind in found)


def place(path: str, name: str) -> str:
    """The place of a part, such as ``order.items``."""
    return f"{path}.{name}" if path else name


__all__ = ["Refused", "as_node", "has_type", "place"]

"""Flink's rows in state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyflink.common import Row, RowKind

from flink_agents.engine.codec import Codec


def flink_codec(data_types: Mapping[str, type]) -> Codec:
    """A codec that knows Flink's ``Row`` too.

    Args:
        data_types: Classes that cannot be imported by name, by their name in state.
    """
    codec = Codec(data_types)
    codec.add_leaf(Row, "row", _encode, _decode)
    return codec


def _encode(row: Row) -> list[Any]:
    return [getattr(row, "_fields", None), list(row._values), row.get_row_kind().value]


def _decode(body: Any) -> Row:
    names, values, kind = body
    row = Row(*values)
    if names is not None:
        row.set_field_names(names)
    row.set_row_kind(RowKind(kind))
    return row

"""Flink row types as JSON, as JSON schema, and as a validator that builds rows.

A type is described by a JSON value, so that it can be stored and sent: the name of a basic type
(``"INT"``), ``{"LIST": type}``, ``{"MAP": [key type, value type]}``, ``{"ARRAY": [kind, type]}``
or ``{"ROW": [[name, type], ...]}``. Only :func:`describe`, :func:`to_type_info` and
:func:`to_flink` need PyFlink, and import it when called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Annotated, Any, cast

from pydantic import AfterValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema
from typing_extensions import TypedDict

TypeDescription = Any

_BASIC_TYPES = (
    *("STRING", "BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "CHAR"),
    *("BIG_INT", "BIG_DEC", "INSTANT", "SQL_DATE", "SQL_TIME", "SQL_TIMESTAMP"),
)
_ARRAYS = {
    "PrimitiveArrayTypeInfo": "PRIMITIVE_ARRAY",
    "BasicArrayTypeInfo": "BASIC_ARRAY",
    "ObjectArrayTypeInfo": "OBJECT_ARRAY",
}


def is_row_type_info(value: object) -> bool:
    """Whether a value is a Flink ``RowTypeInfo``, without importing PyFlink."""
    typeinfo = sys.modules.get("pyflink.common.typeinfo")
    return typeinfo is not None and isinstance(value, typeinfo.RowTypeInfo)


def describe(type_info: Any, where: str = "the row") -> TypeDescription:
    """The JSON description of a Flink type.

    Args:
        type_info: A PyFlink ``TypeInformation``.
        where: What the type belongs to, for the error.

    Raises:
        TypeError: If JSON has no form for the type.
    """
    from pyflink.common import Types  # pyright: ignore[reportMissingTypeStubs]

    for name in _BASIC_TYPES:
        if type_info == getattr(Types, name)():
            return name
    kind = type(type_info).__name__
    if kind == "RowTypeInfo":
        return {"ROW": [[n, describe(t, n)] for n, t in _row_fields(type_info)]}
    if kind == "ListTypeInfo":
        return {"LIST": describe(type_info.elem_type, where)}
    if kind == "MapTypeInfo":
        key = describe(type_info._key_type_info, where)
        return {"MAP": [key, describe(type_info._value_type_info, where)]}
    # A primitive array of bytes is the Python type bytes, which a model cannot write.
    if kind in _ARRAYS and (element := type_info._element_type) != Types.BYTE():
        return {"ARRAY": [_ARRAYS[kind], describe(element, where)]}
    raise TypeError(
        f"A model cannot answer with {type_info} (of {where}). Use Types.ROW_NAMED, LIST, MAP, "
        f"arrays, or one of {', '.join(_BASIC_TYPES)}."
    )


def _row_fields(row_type: Any) -> list[tuple[str, Any]]:
    types: list[Any] = row_type.get_field_types()
    # get_field_names() would start a JVM to learn the names that Flink gives by position.
    names: list[str] = row_type._field_names or [f"f{i}" for i in range(len(types))]
    return list(zip(names, types, strict=True))


def to_type_info(described: TypeDescription) -> Any:
    """The PyFlink type that :func:`describe` described."""
    from pyflink.common import Types  # pyright: ignore[reportMissingTypeStubs]

    if isinstance(described, str):
        return getattr(Types, described)()
    kind, content = _only_item(described)
    if kind == "ROW":
        names, types = [n for n, _ in content], [to_type_info(t) for _, t in content]
        return Types.ROW_NAMED(names, types)
    if kind == "MAP":
        return Types.MAP(*map(to_type_info, content))
    if kind == "ARRAY":
        return getattr(Types, content[0])(to_type_info(content[1]))
    return Types.LIST(to_type_info(content))


def to_annotation(described: TypeDescription, name: str = "Row") -> Any:
    """A type that pydantic validates JSON with and makes a JSON schema of."""
    if isinstance(described, str):
        return _ANNOTATIONS[described]
    kind, content = _only_item(described)
    if kind == "ROW":
        fields = {n: to_annotation(t, f"{name}_{n}") for n, t in content}
        row: Any = cast("Callable[..., Any]", TypedDict)(name, fields)
        row.__pydantic_config__ = ConfigDict(extra="forbid")
        return row
    if kind == "MAP":
        return dict[to_annotation(content[0], name), to_annotation(content[1], name)]
    return list[to_annotation(content[1] if kind == "ARRAY" else content, name)]


def to_flink(described: TypeDescription, value: Any) -> Any:
    """A value that was validated as :func:`to_annotation`, in PyFlink's own form."""
    if isinstance(described, str):
        return _to_instant(value) if described == "INSTANT" else value
    kind, content = _only_item(described)
    if kind == "ROW":
        from pyflink.common import Row  # pyright: ignore[reportMissingTypeStubs]

        row: Any = Row(*[to_flink(t, value[n]) for n, t in content])
        row.set_field_names([n for n, _ in content])
        return row
    if kind == "MAP":
        return {to_flink(content[0], k): to_flink(content[1], v) for k, v in value.items()}
    return [to_flink(content[1] if kind == "ARRAY" else content, v) for v in value]


def _only_item(described: dict[str, Any]) -> tuple[str, Any]:
    ((kind, content),) = described.items()
    return kind, content


def _to_instant(value: datetime) -> Any:
    from pyflink.common.time import Instant  # pyright: ignore[reportMissingTypeStubs]

    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    whole = value.replace(microsecond=0)
    return Instant(int(whole.timestamp()), value.microsecond * 1000)


def _signed(bits: int) -> Any:
    """An integer of so many bits."""
    # The bounds are checked but not told: they say nothing to a model, and servers that turn a
    # schema into a grammar make huge ones of them.
    limit = 1 << (bits - 1)

    def check(value: int) -> int:
        if not -limit <= value < limit:
            raise ValueError(f"the number does not fit into {bits} bits")
        return value

    return Annotated[int, AfterValidator(check)]


def _fits_float(value: float) -> float:
    if abs(value) > 3.4028235e38:
        raise ValueError("the number does not fit into a 32-bit float")
    return value


_ANNOTATIONS: dict[str, Any] = {
    "STRING": str,
    "BOOLEAN": bool,
    "BYTE": _signed(8),
    "SHORT": _signed(16),
    "INT": _signed(32),
    "LONG": _signed(64),
    "FLOAT": Annotated[FiniteFloat, AfterValidator(_fits_float)],
    "DOUBLE": FiniteFloat,
    "CHAR": Annotated[str, Field(min_length=1, max_length=1)],
    "BIG_INT": int,
    # As a text: a JSON number would be read as a float somewhere on its way.
    "BIG_DEC": Annotated[
        Decimal, WithJsonSchema({"type": "string", "description": "a decimal number"})
    ],
    "INSTANT": datetime,
    "SQL_DATE": date,
    "SQL_TIME": time,
    "SQL_TIMESTAMP": datetime,
}

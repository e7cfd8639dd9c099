"""What a JSON schema says about one plain value, as a Python type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter

_NUMBER_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}
_TEXT_BOUNDS = {"minLength": "min_length", "maxLength": "max_length"}


def scalar(schema: Mapping[str, Any]) -> Any:
    """The type of a text, number, boolean or null; ``Any`` for every other ``type``."""
    kind = schema.get("type")
    if kind == "string":
        return _with_pattern(bounded(str, schema, _TEXT_BOUNDS), schema.get("pattern"))
    if kind == "integer":
        return bounded(int, schema, _NUMBER_BOUNDS)
    if kind == "number":
        # A whole number stays one: 5 must not go on as 5.0.
        return bounded(int | float, schema, _NUMBER_BOUNDS)
    if kind == "boolean":
        return bool
    return None if kind == "null" else Any


def bounded(plain: Any, schema: Mapping[str, Any], bounds: Mapping[str, str]) -> Any:
    """A type with the bounds that a schema sets.

    Args:
        plain: The type.
        schema: The schema. A bound that is not a number is left out.
        bounds: Keywords of the schema, each with pydantic's name for it.
    """
    found: dict[str, Any] = {
        theirs: schema[keyword]
        for keyword, theirs in bounds.items()
        if isinstance(schema.get(keyword), (int, float)) and schema[keyword] is not True
    }
    return Annotated[plain, Field(**found)] if found else plain


def one_of(values: Sequence[Any]) -> Any:
    """The type of a value that is one of the given ones."""
    if values and all(v is None or isinstance(v, (str, bool, int)) for v in values):
        return Literal[tuple(values)]

    def check(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"must be one of {list(values)}")
        return value

    return Annotated[Any, AfterValidator(check)]


def _with_pattern(text: Any, pattern: Any) -> Any:
    if not isinstance(pattern, str):
        return text
    with_pattern: Any = Annotated[text, Field(pattern=pattern)]
    try:
        TypeAdapter(with_pattern)
    except Exception:
        # JSON schema's patterns are JavaScript's, of which pydantic's take linear time but know
        # no look-around.
        return text
    return with_pattern

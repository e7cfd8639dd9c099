"""Reading the value of an option as the type that it has."""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Any

from flink_agents.api.duration import Seconds
from flink_agents.api.resource import is_secret_name

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def read_value(key: str, config_type: type[Any], value: Any) -> Any:
    """A configured value as ``config_type``, converted from text if need be.

    Args:
        key: Key of the option, for the error.
        config_type: ``str``, ``bool``, ``int``, ``float``, :class:`Seconds`, an ``Enum``, or any
            other class, of which the value must be an instance.
        value: The value, not None.

    Raises:
        ValueError: If it is not of that type; names the key and what is expected.
    """
    try:
        if issubclass(config_type, Enum):
            return _enum(config_type, value)
        reader = _READERS.get(config_type)
        if reader is not None:
            return reader(value)
        if isinstance(value, config_type):
            return value
    except (ValueError, TypeError, OverflowError):
        pass
    shown = "a value that is not shown" if is_secret_name(key.rpartition(".")[2]) else repr(value)
    raise ValueError(f"Option {key!r} must be {_expected(config_type)}, but is {shown}.")


def plain_value(value: Any) -> Any:
    """A value in the form in which it can be written to a file: enums by their values."""
    if isinstance(value, Enum):
        return value.value
    return float(value) if isinstance(value, Seconds) else value


def _enum(config_type: type[Enum], value: Any) -> Enum:
    if isinstance(value, config_type):
        return value
    text = str(value).strip().lower()
    for member in config_type:
        if text in (member.name.lower(), str(member.value).lower()):
            return member
    raise ValueError


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _TRUE + _FALSE:
        raise ValueError
    return text in _TRUE


def _int(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _seconds(value: Any) -> Seconds:
    if isinstance(value, str):
        return Seconds.parse(value)
    number = _float(value)
    if number < 0:
        raise ValueError
    return Seconds(number)


def _str(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError


_READERS: dict[type[Any], Any] = {
    bool: _bool,
    int: _int,
    float: _float,
    Seconds: _seconds,
    str: _str,
}
_EXPECTED: dict[type[Any], str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Seconds: "a length of time such as 1.5 (seconds) or '500 ms'",
    str: "a text",
}


def _expected(config_type: type[Any]) -> str:
    if issubclass(config_type, Enum):
        return "one of " + ", ".join(repr(member.value) for member in config_type)
    return _EXPECTED.get(config_type, f"of type {config_type.__name__}")

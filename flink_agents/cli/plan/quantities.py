"""Numbers, sizes and lengths of time as they are written on a command line."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError

from flink_agents.api.duration import Seconds

#: Nothing that is planned here comes near it; a number beyond it is a mistake.
_LARGEST = 1e12
_BYTES = {"b": 0, "k": 1, "kb": 1, "kib": 1, "m": 2, "mb": 2, "mib": 2, "g": 3, "gb": 3, "gib": 3}
_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*")


def positive(text: str) -> float:
    """A number above zero."""
    number = not_negative(text)
    if number == 0:
        raise ArgumentTypeError("it must be above zero")
    return number


def not_negative(text: str) -> float:
    """A number that is not negative."""
    try:
        number = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number, as 500 or 0.5") from None
    return _checked(text, number)


def count(text: str) -> int:
    """A whole number of at least 1."""
    number = positive(text)
    if number != int(number):
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(number)


def duration(text: str) -> float:
    """A length of time above zero, in seconds."""
    try:
        seconds = Seconds.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a length of time, as 2s, 200ms or 1m") from None
    if seconds == 0:
        raise ArgumentTypeError("it must be above zero")
    return _checked(text, float(seconds))


def size(text: str) -> int:
    """A size in bytes; ``1 kB`` is 1,024 bytes, as in Flink's options."""
    match = _SIZE.fullmatch(text.lower())
    if match is None or (unit := match.group(2) or "b") not in _BYTES:
        raise ArgumentTypeError(f"{text!r} is not a size, as 500B, 2kB or 1.5MB")
    return round(_checked(text, float(match.group(1)) * 1024 ** _BYTES[unit]))


def share(text: str) -> float:
    """A share below 1, written ``30%`` or ``0.3``."""
    number = not_negative(text.strip().removesuffix("%"))
    number = number / 100 if text.strip().endswith("%") else number
    if number >= 1:
        raise ArgumentTypeError(f"{text!r} is not a share below 100%, as 30% or 0.3")
    return number


def _checked(text: str, number: float) -> float:
    if math.isnan(number):
        raise ArgumentTypeError(f"{text!r} is not a number")
    if number > _LARGEST:
        raise ArgumentTypeError(f"{text!r} is larger than anything that can be planned")
    if number < 0:
        raise ArgumentTypeError(f"{text!r} is negative")
    return number

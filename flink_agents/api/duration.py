"""Lengths of time in options."""

from __future__ import annotations

import re

_UNITS = {
    **dict.fromkeys(("ns", "nano", "nanos", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "µs", "μs", "micro", "micros", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "milli", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_TEXT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([^\W\d_]*)\s*")


class Seconds(float):
    """A length of time in seconds: the type of options that are written ``1.5`` or ``"500 ms"``.

    The units are those of Flink's own options. A number without a unit means seconds.
    """

    @classmethod
    def parse(cls, text: str) -> Seconds:
        """Read a length of time.

        Args:
            text: A number that is not negative, with or without a unit.

        Raises:
            ValueError: If it is not one.
        """
        match = _TEXT.fullmatch(text)
        unit = _UNITS.get(match.group(2).lower()) if match else None
        if match is None or unit is None:
            raise ValueError(f"{text!r} is not a length of time")
        return cls(float(match.group(1)) * unit)

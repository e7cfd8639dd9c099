"""Rows of tables as Python knows them, whatever the mode hands over.

In thread mode PyFlink gives times of tables as objects of Java, which cannot be kept in state, and
arrays as tuples; in process mode instants as a class of its own, and arrays as lists.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from pyflink.common import Instant, Row

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: As Java writes local dates, local times and instants; Python knows microseconds.
_TEXT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)?T?(?P<time>\d\d:\d\d(:\d\d)?)?"
    r"(?P<fraction>\.\d{1,6})?\d*(?P<zone>Z)?"
)


def plain_row(row: Row) -> Row:
    """The row with values of Python's own: dates, times, lists.

    Args:
        row: A row of a table. Its names and kind are kept.
    """
    plain = Row(*(plain_value(value) for value in row))
    plain.set_row_kind(row.get_row_kind())
    if names := getattr(row, "_fields", None):
        plain.set_field_names(names)
    return plain


def plain_value(value: Any) -> Any:
    """A value of a row. `TIMESTAMP` becomes naive, `TIMESTAMP_LTZ` has the time zone UTC."""
    if isinstance(value, Row):
        return plain_row(value)
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, Instant):
        return _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    if type(value).__module__ == "pemja":
        return _of_java(value)
    return value


def _of_java(value: Any) -> Any:
    text = _TEXT.fullmatch(str(value.toString()))
    if text is None:
        return value
    fraction = text["fraction"].ljust(7, "0") if text["fraction"] else ""
    clock = f"{text['time']}:00" if text["time"] and len(text["time"]) == 5 else text["time"]
    if clock is None:
        return date.fromisoformat(text["date"])
    if text["date"] is None:
        return time.fromisoformat(clock + fraction)
    found = datetime.fromisoformat(f"{text['date']}T{clock}{fraction}")
    return found.replace(tzinfo=timezone.utc) if text["zone"] else found

"""The text of values: what version 1 looks like, and what is said of text that is damaged."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from flink_agents.exceptions import StateFormatError
from tests.unit.engine.values import (
    CODEC,
    Color,
    Frozen,
    Item,
    Open,
    Outer,
    Point,
    Right,
    same,
)

VALUES = Item.__module__


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nonsense",
        "[" * 100_000,
        '{"$":"tuple"}',
        '{"$":"tuple","v":5}',
        '{"$":["tuple"],"v":5}',
        '{"$":"uuid","v":"xyz"}',
        '{"$":"decimal","v":"xyz"}',
        '{"$":"datetime","v":"yesterday"}',
        '{"$":"datetime","v":5}',
        '{"$":"timedelta","v":[1e300,0,0]}',
        '{"$":"bytes","v":"a"}',
        '{"$":"int","v":"xyz"}',
        '{"$":"model","v":{}}',
        '{"$":"model","c":5,"v":{}}',
        f'{{"$":"model","c":"{VALUES}:Item","v":[]}}',
        f'{{"$":"enum","c":"{VALUES}:Color","v":"GREEN"}}',
        f'{{"$":"enum","c":"{VALUES}:Right","v":["x"]}}',
        f'{{"$":"named","c":"{VALUES}:Point","v":[1,2,3]}}',
        f'{{"$":"dataclass","c":"{VALUES}:Size","v":5}}',
        f'{{"$":"model","c":"{VALUES}:Color","v":{{}}}}',
    ],
    ids=lambda text: text[:40],
)
def test_damaged_text_is_an_error_of_the_state_format(text: str) -> None:
    with pytest.raises(StateFormatError):
        CODEC.loads(text)


def test_an_unknown_kind_of_value_is_named() -> None:
    with pytest.raises(StateFormatError, match=r"unknown kind 'quaternion'.*newer version"):
        CODEC.loads('{"$":"quaternion","v":[]}')


@pytest.mark.parametrize("name", ["nowhere:Gone", f"{VALUES}:Gone", "json:loads", "", "a.b"])
def test_a_class_that_is_gone_is_named_with_what_to_do(name: str) -> None:
    with pytest.raises(StateFormatError, match=r"Keep it importable under its old name") as raised:
        CODEC.loads(json.dumps({"$": "model", "c": name, "v": {}}))
    assert repr(name) in str(raised.value)


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "threading:Thread", "builtins:dict"]
)
@pytest.mark.parametrize("tag", ["model", "dataclass", "enum", "named", "class"])
def test_text_cannot_reach_a_class_that_is_no_data(name: str, tag: str) -> None:
    with pytest.raises(StateFormatError, match="does not have"):
        CODEC.loads(json.dumps({"$": tag, "c": name, "v": []}))


#: Texts that version 1 has written. They are in the state of jobs: they must stay readable.
GOLDEN: list[tuple[Any, str]] = [
    (None, "null"),
    ([1, 2.5, "é", True], '[1,2.5,"\\u00e9",true]'),
    ({"a": {"b": []}}, '{"a":{"b":[]}}'),
    (math.inf, '{"$":"float","v":"inf"}'),
    ((1, (2,)), '{"$":"tuple","v":[1,{"$":"tuple","v":[2]}]}'),
    ({"b", "a"}, '{"$":"set","v":["a","b"]}'),
    (frozenset({1}), '{"$":"frozenset","v":[1]}'),
    ({1: "a"}, '{"$":"dict","v":[[1,"a"]]}'),
    ({"$": 1}, '{"$":"dict","v":[["$",1]]}'),
    (b"\x00\xff", '{"$":"bytes","v":"AP8="}'),
    (bytearray(b"a"), '{"$":"bytearray","v":"YQ=="}'),
    (datetime(2024, 1, 2, 3, 4, 5, 6), '{"$":"datetime","v":"2024-01-02T03:04:05.000006"}'),
    (
        datetime(2024, 1, 2, tzinfo=timezone.utc),
        '{"$":"datetime","v":"2024-01-02T00:00:00+00:00"}',
    ),
    (
        datetime(2024, 1, 2, tzinfo=ZoneInfo("Europe/Berlin")),
        '{"$":"datetime","v":["2024-01-02T00:00:00",0,"Europe/Berlin"]}',
    ),
    (complex(1, math.inf), '{"$":"complex","v":["1.0","inf"]}'),
    (Right.READ | Right.WRITE, f'{{"$":"enum","c":"{VALUES}:Right","v":[3]}}'),
    (date(2024, 1, 2), '{"$":"date","v":"2024-01-02"}'),
    (time(3, 4), '{"$":"time","v":"03:04:00"}'),
    (timedelta(days=1, seconds=2, microseconds=3), '{"$":"timedelta","v":[1,2,3]}'),
    (Decimal("1.10"), '{"$":"decimal","v":"1.10"}'),
    (UUID(int=1), '{"$":"uuid","v":"00000000000000000000000000000001"}'),
    (Color.RED, f'{{"$":"enum","c":"{VALUES}:Color","v":"RED"}}'),
    (Point(1, 2), f'{{"$":"named","c":"{VALUES}:Point","v":[1,2]}}'),
    (Frozen(1), f'{{"$":"dataclass","c":"{VALUES}:Frozen","v":{{"value":1}}}}'),
    (Open(name="n"), f'{{"$":"model","c":"{VALUES}:Open","v":{{"name":"n"}}}}'),
    (Outer.Inner, f'{{"$":"class","c":"{VALUES}:Outer.Inner","v":null}}'),
]


@pytest.mark.parametrize(("value", "text"), GOLDEN, ids=[text for _, text in GOLDEN])
def test_the_text_of_version_1_is_written_and_read(value: Any, text: str) -> None:
    assert CODEC.dumps(value) == text
    assert same(CODEC.loads(text), value)

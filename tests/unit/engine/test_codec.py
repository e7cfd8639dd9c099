"""Values become text and come back as they were, or are refused by name."""

from __future__ import annotations

import collections
import dataclasses
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.events.chat_event import ChatRequestEvent
from flink_agents.api.events.event import Event
from flink_agents.api.memory_reference import MemoryRef
from flink_agents.engine.codec import Codec
from flink_agents.exceptions import NotStorableError
from tests.unit.engine.keys import case_name
from tests.unit.engine.values import (
    CODEC,
    Caching,
    Color,
    Frozen,
    Immutable,
    Item,
    Level,
    Names,
    Open,
    Outer,
    Point,
    Right,
    Size,
    Slotted,
    back,
    same,
)

_text = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates, NUL, emoji
_offsets = st.integers(-82_800, 82_800).map(lambda n: timezone(timedelta(seconds=n)))
_hashable = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300, max_value=10**320),
    st.floats(allow_nan=False),
    _text,
    st.sampled_from(["$", "v", "c", "$$", "", "\x00", "\ud800", "😀"]),
    st.binary(max_size=8),
    st.datetimes(),
    st.datetimes(timezones=_offsets).map(lambda value: value.replace(fold=0)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.sampled_from([*Color, *Level, *Right, MessageRole.USER]),
    st.sampled_from([Item, Size, Point, Color, Outer.Inner]),
    st.builds(Frozen, _text),
    st.builds(Slotted, st.integers()),
    st.builds(Immutable, number=st.integers()),
    st.builds(Point, st.integers(), _text),
)
_leaves = st.one_of(
    _hashable,
    st.floats(),
    st.decimals(),
    st.binary(max_size=8).map(bytearray),
    st.complex_numbers(),
    st.frozensets(_hashable, max_size=3),
    st.sets(_hashable, max_size=3),
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(_text, inner, max_size=3),
        st.dictionaries(_hashable, inner, max_size=3),
        st.dictionaries(st.sampled_from(["$", "v", "c"]), inner, max_size=3),
        st.builds(Point, inner, inner),
        st.builds(Size, inner, st.lists(inner, max_size=2)),
        st.builds(Frozen, inner),
        st.builds(Slotted, inner),
        st.builds(Item, name=_text, value=inner),
        st.dictionaries(st.sampled_from(["a", "b", "$", "v", "name"]), inner, max_size=3).map(
            lambda extra: Open.model_construct(None, **{"name": "n", **extra})
        ),
    )


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(_leaves, _nested, max_leaves=8))
def test_every_storable_value_comes_back_as_it_was(value: Any) -> None:
    text = CODEC.dumps(value)
    assert text.isascii()
    json.loads(text, parse_constant=pytest.fail)  # NaN and the like are no JSON
    assert same(back(value), value)
    # Another process knows nothing of the classes that this one has met.
    assert same(Codec().loads(text), value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**5000, id="5001 digits"),
        pytest.param(-(10**5000), id="minus 5001 digits"),
        complex(math.nan, math.inf),
        complex(-0.0, 1),
        -0.0,
        Decimal("sNaN"),
        Decimal("-0E+3"),
        datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(seconds=1, microseconds=2))),
        datetime(2024, 7, 1, tzinfo=ZoneInfo("Asia/Kathmandu")),
        datetime(2024, 10, 27, 2, 30, fold=1),
        time(1, 2, 3, 4, tzinfo=timezone.utc),
        timedelta.min,
        timedelta.max,
        Right.READ | Right.WRITE,
        Right(0),
        Names(["a", "b"]),
        Open.model_validate({"name": "x", "attributes": {"$": 1}}),
        Event.model_validate({"type": "t", "attributes": {"when": date(2024, 1, 1)}}),
        ChatMessage(role=MessageRole.TOOL, content="\ud83d", extra_args={"a": (1, 2)}),
        ChatRequestEvent(
            model="m",
            messages=[ChatMessage(content="x")],
            output_schema=OutputSchema(output_schema=Item),
        ),
        MemoryRef(memory_type="sensory", path="a.b"),
        Outer.Inner(n=1),
        {(1, "a"): {"$": {"$": "tuple", "v": [1]}}},
        {1: "int", "1": "str"},
        {True: 1},
        {"$": None},
        {"c": "not a class", "v": 1},
    ],
    ids=lambda value: case_name(value)[:40],
)
def test_odd_values_come_back_as_they_were(value: Any) -> None:
    assert same(back(value), value)


def test_an_hour_that_the_clock_runs_through_twice_keeps_its_place() -> None:
    second = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    assert back(second) + timedelta(days=200) == second + timedelta(days=200)
    assert back(second).astimezone(timezone.utc) == second.astimezone(timezone.utc)


def test_a_flag_of_several_members_is_the_same_flag() -> None:
    assert back(Right.READ | Right.WRITE) is (Right.READ | Right.WRITE)


def test_a_model_keeps_its_extra_fields_and_its_order() -> None:
    value = Open.model_validate({"b": 1, "name": "n", "a": 2})
    assert list(back(value).model_dump()) == list(value.model_dump())


def test_what_a_model_has_cached_or_keeps_private_is_made_again() -> None:
    value = Caching(n=1)
    assert value.handle is not None
    found = back(value)
    assert found.n == 1
    assert "handle" not in found.model_dump()
    assert found._lock is not value._lock


def test_a_model_is_not_validated_again_when_it_comes_back() -> None:
    value = Item(name="n")
    value.name = 5  # type: ignore[assignment]
    assert back(value).name == 5


def test_a_field_that_was_added_with_a_default_since_then_has_it() -> None:
    text = CODEC.dumps([Item(name="n"), Size(1), Slotted(1)])
    older = json.loads(text)
    del older[0]["v"]["value"], older[1]["v"]["tags"], older[2]["v"]["other"]
    assert CODEC.loads(json.dumps(older)) == [Item(name="n"), Size(1), Slotted(1)]


def test_values_that_come_back_are_copies() -> None:
    value = {"a": [1]}
    found = back(value)
    found["a"].append(2)
    assert value == {"a": [1]}


def test_classes_that_cannot_be_imported_are_known_by_the_plan() -> None:
    class Local(BaseModel):
        n: int

    @dataclasses.dataclass
    class LocalSize:
        n: int

    codec = Codec({"job:Local": Local, "job:Size": LocalSize})
    assert back([Local(n=1), LocalSize(2), Local], codec) == [Local(n=1), LocalSize(2), Local]
    assert '"c":"job:Local"' in codec.dumps(Local(n=1))


def test_a_local_class_that_the_plan_does_not_know_is_refused_with_what_to_do() -> None:
    class Local(BaseModel):
        n: int

    with pytest.raises(NotStorableError, match=r"Local.*Move the class to the top level"):
        CODEC.dumps({"deep": [Local(n=1)]})


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (threading.Lock(), "_thread.lock"),
        (object(), "builtins.object"),
        (lambda: None, "builtins.function"),
        (collections.OrderedDict(a=1), "collections.OrderedDict"),
        (collections.defaultdict(int), "collections.defaultdict"),
        (Path("x"), "Path"),
        ((n for n in [1]), "builtins.generator"),
        (ValueError("x"), "builtins.ValueError"),
        (range(3), "builtins.range"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: {"a": [1, (value,)]},
        lambda value: Item(name="n", value=value),
        lambda value: Size(value),
        lambda value: Event.model_validate({"payload": value}),
    ],
    ids=["plain", "nested", "in a model", "in a dataclass", "in an event"],
)
def test_a_type_that_cannot_be_kept_is_refused_by_name_with_what_to_do(
    value: Any, name: str, wrap: Callable[[Any], Any]
) -> None:
    with pytest.raises(NotStorableError) as raised:
        CODEC.dumps(wrap(value))
    assert name in str(raised.value)
    assert "Convert it to plain values, or make it a pydantic model or a dataclass" in str(
        raised.value
    )


@pytest.mark.parametrize("cls", [int, Path, threading.Thread])
def test_a_class_whose_values_cannot_be_kept_is_refused_by_name(cls: type) -> None:
    with pytest.raises(NotStorableError, match=cls.__name__):
        CODEC.dumps(cls)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotStorableError, match="nested too deeply, or contains itself"):
        CODEC.dumps(loop)


def test_the_text_of_a_set_does_not_depend_on_the_process() -> None:
    """It is part of the identity of a durable call, which another process has to find again."""
    program = (
        "from flink_agents.engine.codec import Codec;"
        "print(Codec().dumps([{'a','b','c','d'}, frozenset({'x','y','z', 1, None})]))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_a_host_can_teach_the_codec_a_type_that_holds_values_itself() -> None:
    class Row:
        def __init__(self, *values: Any) -> None:
            self.values = values

    codec = Codec()
    codec.add_leaf(Row, "row", lambda row: list(row.values), lambda values: Row(*values))
    found = back({"r": Row(1, (2, Row(Decimal(3))))}, codec)["r"]
    assert found.values[0] == 1
    assert found.values[1][1].values == (Decimal(3),)
    with pytest.raises(NotStorableError):
        CODEC.dumps(Row())

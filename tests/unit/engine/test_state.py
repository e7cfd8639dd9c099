"""The state of a key as text."""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from flink_agents.api.events.event import Event, InputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.state import (
    STATE_VERSION,
    JournalEntry,
    KeyState,
    Run,
    Task,
    dump_state,
    load_state,
)
from flink_agents.exceptions import NotStorableError, StateFormatError

CODEC = Codec()


class Order(BaseModel):
    lines: list[tuple[str, int]]


class Paid(Event):
    order: Order


def a_state() -> KeyState:
    order = Order(lines=[("tea", 2)])
    first = Task(3, "ask", InputEvent(id=UUID(int=1), input=order), 2, None, True)
    first.journal += [
        JournalEntry("m.f", "d1", 1, True, {"$": "tuple", "v": [1, 2]}),
        JournalEntry("m.g", "d2#1", 2, False, ["builtins.ValueError", "no"]),
    ]
    second = Task(5, "use", Paid(id=UUID(int=2), order=order), 3, 1.5, True)
    third = Task(6, "use too", Paid(id=UUID(int=2), order=order))
    run = Run(order, 1234, {task.id: task for task in (first, second, third)}, 7, {"a": '"x"'})
    return KeyState(run, 4, 6)


#: What version 1 has written. It is in the state of jobs: it must stay readable.
GOLDEN = (
    '{"v":1,"q":[4,6],"run":{"value":{"$":"model","c":"MODULE:Order","v":{"lines":'
    '[{"$":"tuple","v":["tea",2]}]}},"ts":1234,"next":7,"sensory":{"a":"\\"x\\""},"tasks":'
    '[[3,"ask",{"$":"model","c":"flink_agents.api.events.event:InputEvent","v":{"id":{"$":"uuid",'
    '"v":"00000000000000000000000000000001"},"input":{"$":"model","c":"MODULE:Order","v":{"lines":'
    '[{"$":"tuple","v":["tea",2]}]}}}},2,null,true,[["m.f","d1",1,true,{"$":"tuple","v":[1,2]}],'
    '["m.g","d2#1",2,false,["builtins.ValueError","no"]]]],[5,"use",{"$":"model","c":"MODULE:Paid"'
    ',"v":{"id":{"$":"uuid","v":"00000000000000000000000000000002"},"order":{"$":"model","c":'
    '"MODULE:Order","v":{"lines":[{"$":"tuple","v":["tea",2]}]}}}},3,1.5,true,[]],[6,"use too",'
    '{"$":"model","c":"MODULE:Paid","v":{"id":{"$":"uuid","v":"00000000000000000000000000000002"},'
    '"order":{"$":"model","c":"MODULE:Order","v":{"lines":[{"$":"tuple","v":["tea",2]}]}}}},1,null'
    ",false,[]]]}}"
).replace("MODULE", __name__)


def test_a_state_comes_back_with_all_that_is_in_it() -> None:
    assert load_state(dump_state(a_state(), CODEC), Codec()) == a_state()


def test_tasks_come_back_in_the_order_of_their_creation() -> None:
    state = load_state(dump_state(a_state(), CODEC), CODEC)
    assert state.run is not None
    assert list(state.run.tasks) == [3, 5, 6]


def test_the_text_of_version_1_is_written_and_read() -> None:
    assert dump_state(a_state(), CODEC) == GOLDEN
    assert load_state(GOLDEN, CODEC) == a_state()


def test_an_idle_key_has_a_short_text() -> None:
    assert dump_state(KeyState(), CODEC) == '{"v":1,"q":[0,0]}'
    assert load_state('{"v":1,"q":[0,0]}', CODEC).is_idle


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
        max_leaves=5,
    ),
    st.none() | st.integers(),
    st.integers(0, 5),
    st.integers(5, 9),
)
@settings(max_examples=100, deadline=None)
def test_any_input_element_comes_back(value: Any, timestamp: Any, first: int, after: int) -> None:
    event = InputEvent(id=UUID(int=9), input=value)
    run = Run(value, timestamp, {0: Task(0, "read", event, started=True)}, 1)
    state = KeyState(run, first, after)
    assert load_state(dump_state(state, CODEC), CODEC) == state


@pytest.mark.parametrize(
    ("first", "after", "waiting", "idle"), [(0, 0, 0, True), (2, 2, 0, True), (1, 3, 2, False)]
)
def test_waiting_elements_keep_a_key_busy(first: int, after: int, waiting: int, idle: bool) -> None:
    state = KeyState(None, first, after)
    assert (state.waiting, state.is_idle) == (waiting, idle)


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.5])
def test_another_version_is_refused_and_named_with_what_to_do(version: Any) -> None:
    text = json.dumps({"v": version, "q": [0, 0]})
    with pytest.raises(StateFormatError) as raised:
        load_state(text, CODEC)
    assert f"version {version}" in str(raised.value)
    assert f"version {STATE_VERSION}" in str(raised.value)
    assert "Restore it with the version of pyflink-agents that wrote it" in str(raised.value)


def _damaged_bodies() -> list[Any]:
    found: list[Any] = [[], 5, None, "x", {}, {"v": 1}, {"v": 1, "q": None}, {"v": 1, "q": [1]}]
    whole = json.loads(GOLDEN)
    for name in ("value", "ts", "next", "sensory", "tasks"):
        broken = copy.deepcopy(whole)
        del broken["run"][name]
        found.append(broken)
    for tasks in (
        [5],
        [[]],
        [[1, 2]],
        [None],
        {},
        [[3, "a", {"$": "nonsense"}, 1, None, True, []]],
    ):
        if tasks:
            found.append({**whole, "run": {**whole["run"], "tasks": tasks}})
    found.append({**whole, "run": {**whole["run"], "value": {"$": "uuid", "v": "x"}}})
    found.append({**whole, "run": []})
    journal = copy.deepcopy(whole)
    journal["run"]["tasks"][0][6] = [["too", "short"]]
    return [*found, journal]


@pytest.mark.parametrize("text", ["", "{", GOLDEN[:-1], GOLDEN[:100], "[" * 100_000])
def test_text_that_is_no_json_is_an_error_of_the_state_format(text: str) -> None:
    with pytest.raises(StateFormatError, match="state of a key cannot be read"):
        load_state(text, CODEC)


@pytest.mark.parametrize("body", _damaged_bodies(), ids=lambda body: json.dumps(body)[-60:])
def test_damaged_state_is_an_error_of_the_state_format(body: Any) -> None:
    with pytest.raises(StateFormatError):
        load_state(json.dumps(body), CODEC)


def test_a_class_that_is_gone_is_named() -> None:
    with pytest.raises(StateFormatError, match=r"gone:Order.*Keep it importable"):
        load_state(GOLDEN.replace(f"{__name__}:Order", "gone:Order"), CODEC)


def test_an_input_element_that_cannot_be_kept_is_refused() -> None:
    state = KeyState(Run(object(), None))
    with pytest.raises(NotStorableError, match=r"builtins\.object"):
        dump_state(state, CODEC)


def test_an_input_element_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotStorableError, match="contains itself"):
        dump_state(KeyState(Run(loop, None)), CODEC)

"""What Python notes for Java to change is what Java changes, in that order."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flink_agents.exceptions import AgentsError
from flink_agents.runtime.flink import deferred_writes
from flink_agents.runtime.flink.deferred_writes import DeferredWrites
from flink_agents.runtime.flink.key_switch import KeySwitch
from flink_agents.runtime.flink.keyed_state import DeferredKeyStore

ROOT = Path(__file__).parents[2]
JAVA = ROOT / "java-bridge/python-operator/src/main/java/org/apache/flink/agents/runtime/python"


class JavaWrites:
    """Notes the changes that ``KeyedWrites.java`` would make."""

    def __init__(self) -> None:
        self.made: list[tuple[Any, ...]] = []
        self.fails = False

    def useState(self, j_open: Any, j_memory: Any) -> None:
        self.states = j_open, j_memory

    def useTimers(self, j_timers: Any) -> None:
        self.timers = j_timers

    def make(self, changes: tuple[Any, ...]) -> None:
        if self.fails:
            self.fails = False
            raise OSError("no space left")
        left = list(changes)
        while left:
            name = NUMBERS[left.pop(0)]
            takes = {"CLEAR": 0, "PUT": 2}.get(name, 1)
            self.made.append((name, *(left.pop(0) for _ in range(takes))))


NUMBERS: dict[int, str] = {
    number: name[1:]
    for name, number in vars(deferred_writes).items()
    if re.fullmatch("_[A-Z_]+", name) and name != "_MOST"
}


@pytest.fixture
def java() -> JavaWrites:
    return JavaWrites()


@pytest.fixture
def writes(java: JavaWrites) -> DeferredWrites:
    return DeferredWrites(java)


def test_both_sides_number_the_changes_alike() -> None:
    found = re.findall(
        r"private static final int ([A-Z_]+) = (\d+);", (JAVA / "KeyedWrites.java").read_text()
    )
    assert {int(number): name for name, number in found} == NUMBERS


def test_changes_go_back_once_and_in_their_order(java: JavaWrites, writes: DeferredWrites) -> None:
    timers = writes.timers("service")
    keys = writes.key_switch(KeySwitch(lambda: None, lambda _: None))  # pyright: ignore
    writes.begin("a")
    writes.save("open")
    timers.register_processing_time_timer(1000)
    timers.register_event_time_timer(2**63 - 1)
    keys.switch("b")  # pyright: ignore[reportArgumentType]
    timers.delete_processing_time_timer(2000)
    timers.delete_event_time_timer(2)
    writes.write_memory({"path": "node", "gone": None})
    writes.clear()
    changes = writes.take()
    assert changes is not None and writes.take() is None and java.made == []
    java.make(changes)
    assert java.made == [
        ("SAVE", "open"),
        ("REGISTER_PROCESSING_TIME", 1000),
        ("REGISTER_EVENT_TIME", 2**63 - 1),
        ("SWITCH_KEY", "b"),
        ("DELETE_PROCESSING_TIME", 2000),
        ("DELETE_EVENT_TIME", 2),
        ("PUT", "path", "node"),
        ("REMOVE", "gone"),
        ("CLEAR",),
    ]


class Store:
    """Of which each method tells what had been made before."""

    def __init__(self, java: JavaWrites) -> None:
        self.java = java

    def change_by(self, writes: DeferredWrites) -> None:
        writes.use_state("open", "memory")

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: (name, arguments, [change[0] for change in self.java.made])


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("load", ()),
        ("read_memory", ("path",)),
        ("all_memory", ()),
        ("put_waiting", (1, "text")),
        ("take_waiting", (1,)),
        ("held_timestamps", ()),
        ("held", (1,)),
        ("hold", (1, "text")),
        ("release", (1,)),
    ],
)
def test_what_is_done_at_once_finds_all_changes_made(
    java: JavaWrites, writes: DeferredWrites, name: str, arguments: tuple[Any, ...]
) -> None:
    inner: Any = Store(java)
    store = DeferredKeyStore(inner, writes)
    assert java.states == ("open", "memory")
    store.save("open")
    store.write_memory({"path": "node"})
    assert getattr(store, name)(*arguments) == (name, arguments, ["SAVE", "PUT"])
    assert writes.take() is None


def test_a_key_that_is_a_text_is_known_and_others_are_asked_for(
    java: JavaWrites, writes: DeferredWrites
) -> None:
    asked: list[int] = []

    def current() -> Any:
        asked.append(len(java.made))
        return f"Row{len(asked)}"

    keys: Any = writes.key_switch(KeySwitch(current, lambda _: None))
    writes.begin("text")
    assert keys.current() == "text" and asked == []
    keys.switch("other")
    assert keys.current() == "other" and asked == []
    writes.begin(None)
    assert (keys.current(), keys.current()) == ("Row1", "Row1")
    # The switch from before had to be made first.
    assert asked == [1]


def test_nothing_is_in_a_circle(java: JavaWrites) -> None:
    writes = DeferredWrites(java)
    inner: Any = Store(java)
    store = DeferredKeyStore(inner, writes)
    keys: Any = writes.key_switch(KeySwitch(lambda: "key", lambda _: None))  # pyright: ignore
    assert keys.current() == "key"
    gone = weakref.ref(store), weakref.ref(writes)
    gc.disable()
    try:
        del store, writes, keys
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()


def test_a_change_that_fails_ends_the_call_whoever_caught_it(
    java: JavaWrites, writes: DeferredWrites
) -> None:
    inner: Any = Store(java)
    store = DeferredKeyStore(inner, writes)
    store.save("open")
    java.fails = True
    # As in an action of another key, whose failures may be ignored.
    with pytest.raises(OSError, match="no space left"):
        store.read_memory("path")
    store.save("more")
    with pytest.raises(AgentsError, match="lost: OSError: no space left"):
        store.read_memory("path")
    with pytest.raises(AgentsError, match="lost: OSError: no space left"):
        writes.take()
    assert java.made == []


def test_a_long_call_does_not_heap_changes_up(java: JavaWrites, writes: DeferredWrites) -> None:
    keys: Any = writes.key_switch(KeySwitch(lambda: None, lambda _: None))  # pyright: ignore
    for number in range(5_000):
        keys.switch(f"key {number}")
        writes.save(f"text {number}")
    left = writes.take()
    assert left is not None and len(left) < 2_010
    java.make(left)
    expected = [[("SWITCH_KEY", f"key {n}"), ("SAVE", f"text {n}")] for n in range(5_000)]
    assert java.made == [change for pair in expected for change in pair]


def test_the_watermark_is_that_of_the_call(writes: DeferredWrites) -> None:
    timers = writes.timers(SimpleNamespace(currentProcessingTime=lambda: 5))
    timers.watermark = 7
    assert timers.current_watermark() == 7
    assert timers.current_processing_time() == 5

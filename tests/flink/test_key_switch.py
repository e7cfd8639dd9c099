"""The key switch on a real MiniCluster: what an incompatible PyFlink release would break."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, TimeDomain
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from flink_agents.runtime.flink.key_switch import KeySwitch, KeySwitchUnavailableError

pytestmark = [pytest.mark.flink, pytest.mark.timeout(180)]

MAX_TIMESTAMP = 2**63 - 1
SIDE = OutputTag("side", Types.STRING())

COMPOSITE = Types.ROW(
    [Types.LONG(), Types.TUPLE([Types.STRING(), Types.LONG()]), Types.PICKLED_BYTE_ARRAY()]
)
KEYS: dict[str, tuple[Any, list[Any]]] = {
    "string": (Types.STRING(), ["first", "second"]),
    "composite": (
        COMPOSITE,
        [Row(2**40, ("x", 1), frozenset({"y"})), Row(2**40, ("x", 2), frozenset({"y"}))],
    ),
}


def comparable(key: Any) -> Any:
    # A Row that came through Flink has field names, and is unequal to one made without.
    return tuple(key) if isinstance(key, Row) else key


class WorksOnFirstKeyFromSecond(KeyedProcessFunction):
    """Element 0 sets up the first key; element 1, of the second key, works on both."""

    def __init__(self, label: str, keys: list[Any]) -> None:
        self.label = label
        self.keys = keys

    def open(self, runtime_context: Any) -> None:
        self.key_switch = KeySwitch.of(runtime_context)
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.STRING()))
        self.entries = runtime_context.get_map_state(
            MapStateDescriptor("entries", Types.STRING(), Types.STRING())
        )
        self.first: Any = None

    def process_element(self, value: int, ctx: Any) -> Any:
        timers = ctx.timer_service()
        if value == 0:
            self.first = self.key_switch.current()
            self.value.update("of first")
            self.entries.put("e", "of first")
            timers.register_event_time_timer(500)
            return
        second = self.key_switch.current()
        yield self._say("second before", self.value.value(), self.entries.get("e"))
        self.value.update("of second")
        self.entries.put("e", "of second")

        self.key_switch.switch(self.first)
        yield self._say("first", self.value.value(), self.entries.get("e"))
        self.value.update("of first, changed")
        self.entries.remove("e")
        timers.delete_event_time_timer(500)
        timers.register_event_time_timer(1000)
        yield SIDE, self._say("side output while switched")

        self.key_switch.switch(second)
        yield self._say("second after", self.value.value(), self.entries.get("e"))
        timers.register_event_time_timer(MAX_TIMESTAMP)
        self.key_switch.switch(self.first)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        key = [comparable(key) for key in self.keys].index(comparable(ctx.get_current_key()))
        yield self._say(f"timer {timestamp} of key {key}", self.value.value())

    def _say(self, *words: Any) -> str:
        return " | ".join(map(str, (self.label, *words)))


def lines_of(label: str) -> list[str]:
    return [
        f"{label} | second before | None | None",
        f"{label} | first | of first | of first",
        f"{label} | side output while switched",
        f"{label} | second after | of second | of second",
        f"{label} | timer 1000 of key 0 | of first, changed",
        f"{label} | timer {MAX_TIMESTAMP} of key 1 | of second",
    ]


@pytest.mark.parametrize(
    ("mode", "backend", "labels"),
    [
        ("thread", "hashmap", ("string", "composite")),
        ("thread", "rocksdb", ("string",)),
        ("process", "hashmap", ("string", "composite")),
    ],
)
def test_state_and_timers_follow_the_switched_key(
    flink_env: Any, mode: str, backend: str, labels: tuple[str, ...]
) -> None:
    environment = flink_env(mode, options={"state.backend.type": backend})
    outputs: Any = None
    for label in labels:
        key_type, keys = KEYS[label]
        stream = (
            environment.from_collection([0, 1], type_info=Types.INT())
            .key_by(keys.__getitem__, key_type=key_type)
            .process(WorksOnFirstKeyFromSecond(label, keys), output_type=Types.STRING())
        )
        both = stream.union(stream.get_side_output(SIDE))
        outputs = both if outputs is None else outputs.union(both)

    with outputs.execute_and_collect() as lines:
        seen = sorted(lines)

    assert seen == sorted(line for label in labels for line in lines_of(label))


class PumpsEveryKey(KeyedProcessFunction):
    """A processing-time timer of one key works on all keys and sets a timer for each."""

    def open(self, runtime_context: Any) -> None:
        self.key_switch = KeySwitch.of(runtime_context)
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.STRING()))
        self.handles: dict[str, Any] = {}
        self.pumped = False

    def process_element(self, value: str, ctx: Any) -> Any:
        if value in ("a", "b", "c"):
            self.handles[value] = self.key_switch.current()
            self.value.update(f"state of {value}")
        if value == "c":
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + 1)
        return []

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        if self.pumped:
            yield f"timer of {ctx.get_current_key()} sees {self.value.value()}"
            return
        self.pumped = True
        assert ctx.time_domain() == TimeDomain.PROCESSING_TIME
        timers = ctx.timer_service()
        due = timers.current_processing_time() + 1
        for key, handle in self.handles.items():
            self.key_switch.switch(handle)
            yield f"pump at {key} sees {self.value.value()}"
            self.value.update(f"pumped {key}")
            timers.register_processing_time_timer(due + 100_000_000)
            timers.register_processing_time_timer(due)
            timers.delete_processing_time_timer(due + 100_000_000)


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_timer_of_one_key_works_on_all_keys(flink_env: Any, paced_source: Any, mode: str) -> None:
    environment = flink_env(mode)
    # Far more filler than needed: the job is cancelled when the last expected line is there.
    elements = ["a", "b", "c", *["filler"] * 2000]
    stream = (
        paced_source(environment, elements, per_second=50)
        .key_by(lambda value: value, key_type=Types.STRING())
        .process(PumpsEveryKey(), output_type=Types.STRING())
    )
    expected = {f"pump at {key} sees state of {key}" for key in "abc"}
    expected |= {f"timer of {key} sees pumped {key}" for key in "abc"}

    seen: list[str] = []
    with stream.execute_and_collect() as lines:
        for line in lines:
            seen.append(line)
            if len(seen) == len(expected):
                break

    assert sorted(seen) == sorted(expected)


def test_batch_execution_mode_is_refused_with_the_fix(flink_env: Any) -> None:
    environment = flink_env("thread", options={"execution.runtime-mode": "BATCH"})
    stream = (
        environment.from_collection([0], type_info=Types.INT())
        .key_by(lambda value: value, key_type=Types.INT())
        .process(WorksOnFirstKeyFromSecond("batch", [0]), output_type=Types.STRING())
    )
    with (
        pytest.raises(Exception, match=r"execution\.runtime-mode: STREAMING"),
        stream.execute_and_collect() as lines,
    ):
        list(lines)


def test_a_function_without_a_key_is_refused() -> None:
    with pytest.raises(KeySwitchUnavailableError, match="key_by"):
        KeySwitch.of(SimpleNamespace(_keyed_state_backend=None))


@pytest.mark.parametrize(
    "changed",
    [
        SimpleNamespace(),
        SimpleNamespace(_keyed_state_backend=object(), _in_batch_execution_mode=False),
        SimpleNamespace(_keyed_state_backend=SimpleNamespace(_keyed_state_backend=object())),
    ],
    ids=["no backend", "process mode without its methods", "thread mode without its methods"],
)
def test_changed_internals_are_reported_with_the_pyflink_version(changed: Any) -> None:
    with pytest.raises(KeySwitchUnavailableError, match=r"PyFlink 2\.\d"):
        KeySwitch.of(changed)

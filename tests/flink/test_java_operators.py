"""Our Java operators do what PyFlink's do, with fewer calls between Java and Python."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from pyflink.common import Row, Types
from pyflink.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from pyflink.datastream import KeyedStream, ProcessFunction
from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import to_jarray

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from tests.flink import pyflinks_operators

pytestmark = [pytest.mark.flink, pytest.mark.timeout(120)]

# To PyFlink whatever is not "thread" is process mode.
OURS = {
    "thread": ("ThreadModeAgentOperator", "ThreadModeKeyOperator"),
    "process": ("ProcessModeAgentOperator", "ExternalPythonProcessOperator"),
    "THREAD": ("ProcessModeAgentOperator", "ExternalPythonProcessOperator"),
}
PYFLINKS = {
    "thread": ("EmbeddedPythonKeyedProcessOperator", "EmbeddedPythonProcessOperator"),
    "process": ("ExternalPythonKeyedProcessOperator", "ExternalPythonProcessOperator"),
    "THREAD": ("ExternalPythonKeyedProcessOperator", "ExternalPythonProcessOperator"),
}


@pytest.fixture(params=["ours", "pyflink's"])
def operators(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whose operators run: what is seen from outside is the same."""
    if request.param != "ours":
        pyflinks_operators.use(monkeypatch)
    return request.param


def _show(event: Any, ctx: Any) -> None:
    """Puts out key and element, twice: as many outputs as are to come out of one call."""
    for number in range(2):
        ctx.send_event(OutputEvent(output=f"{ctx.key!r} {event.input!r} {number}"))


def _same(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.input))


def _agent(action: Callable[[Any, Any], None]) -> Agent:
    return Agent().add_action("action", [InputEvent], action)


def _applied(env: Any, stream: Any, agent: Agent, **options: str) -> Any:
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    for name, value in options.items():
        agents.get_config().set_str(name.replace("_", "-"), value)
    return agents.from_datastream(stream, lambda item: item).apply(agent)


def _collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as results:
        return list(results)


def _operator(transformation: Any) -> str:
    return transformation.getOperator().getClass().getSimpleName()


@pytest.mark.parametrize("mode", OURS)
def test_whose_operators_run(flink_env: Any, operators: str, mode: str) -> None:
    env = flink_env(mode)
    stream = env.from_collection([1], type_info=Types.LONG())
    outputs = _applied(env, stream, _agent(_same)).to_datastream(Types.LONG())
    transformation = outputs._j_data_stream.getTransformation()
    keys = transformation.getInputs().get(0).getInputs().get(0)
    expected = (OURS if operators == "ours" else PYFLINKS)[mode]
    assert (_operator(transformation), _operator(keys)) == expected


VALUES = {
    "long": (Types.LONG(), [1, -(2**62)]),
    "int": (Types.INT(), [1, -5]),
    "short": (Types.SHORT(), [1, -5]),
    "double": (Types.DOUBLE(), [0.5, -1e300]),
    "float": (Types.FLOAT(), [0.5, -2.0]),
    "decimal": (Types.BIG_DEC(), [Decimal("1.50"), Decimal("-3")]),
    "date": (Types.SQL_DATE(), [date(2026, 2, 28)]),
    "timestamp": (Types.SQL_TIMESTAMP(), [datetime(2026, 2, 28, 1, 2, 3, 4000)]),
    "array": (Types.BASIC_ARRAY(Types.STRING()), [("a", "b"), ()]),
    "bool": (Types.BOOLEAN(), [True, False]),
    "text": (Types.STRING(), ["", "é\U0001f600\n", "=x"]),
    "bytes": (None, [b"", b"\x00\xff"]),
    "any": (None, [{"a": [1, None]}, (1, "b")]),
    "row": (
        Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]),
        [Row(a=1, b="x"), Row(a=None, b="y")],
    ),
    "tuple": (Types.TUPLE([Types.INT(), Types.STRING()]), [(1, "x"), (2, "")]),
    "nested": (
        Types.ROW([Types.ROW([Types.LONG()]), Types.BASIC_ARRAY(Types.DOUBLE())]),
        [Row(f0=Row(f0=1), f1=(0.5,)), Row(f0=Row(f0=None), f1=())],
    ),
    "map": (Types.MAP(Types.STRING(), Types.LONG()), [{"a": 1}, {}]),
}


def test_elements_and_outputs_of_all_types_pass(flink_env: Any, operators: str) -> None:
    env = flink_env("thread")
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    shown: list[Any] = []
    expected: list[str] = []
    for kind, (type_info, values) in VALUES.items():
        stream = env.from_collection(values, type_info=type_info)
        texts = agents.from_datastream(stream, repr).apply(_agent(_show))
        shown.append(texts.to_datastream(Types.STRING()).map(f"{kind} {{}}".format, Types.STRING()))
        again = agents.from_datastream(stream, repr).apply(_agent(_same)).to_datastream(type_info)
        shown.append(again.map(lambda value, kind=kind: f"{kind} {value!r}", Types.STRING()))
        expected += [f"{kind} {repr(v)!r} {v!r} {n}" for v in values for n in range(2)]
        expected += [f"{kind} {value!r}" for value in values]
    assert sorted(_collect(shown[0].union(*shown[1:]))) == sorted(expected)


KEYS = [
    (Types.LONG(), 7),
    (Types.STRING(), "=k"),
    (Types.PICKLED_BYTE_ARRAY(), ("a", 1)),
    (Types.TUPLE([Types.INT(), Types.STRING()]), (1, "x")),
]


def test_streams_that_are_keyed_already_keep_their_keys(flink_env: Any, operators: str) -> None:
    env = flink_env("thread")
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    shown: list[Any] = []
    for key_type, key in KEYS:
        stream = env.from_collection([1], type_info=Types.LONG())
        keyed = stream.key_by(lambda _, key=key: key, key_type)
        applied = agents.from_datastream(keyed).apply(_agent(_show))
        shown.append(applied.to_datastream(Types.STRING()))
    found = _collect(shown[0].union(*shown[1:]))
    assert sorted(found) == sorted(f"{key!r} 1 {number}" for _, key in KEYS for number in range(2))


class _Slept(Event):
    """The action that takes time is over."""

    value: Any


async def _sleep(event: Any, ctx: Any) -> None:
    await asyncio.sleep(0.05)
    ctx.short_term_memory.set("slept", event.input)
    ctx.send_event(_Slept(value=event.input))


def _remember(event: Any, ctx: Any) -> None:
    count = (ctx.short_term_memory.get("count") or 0) + 1
    ctx.short_term_memory.set("count", count)
    slept = ctx.short_term_memory.get("slept")
    ctx.send_event(OutputEvent(output=f"{ctx.key!r} {slept} {count}"))


@pytest.mark.parametrize(
    "key_type, key_of",
    [
        (Types.LONG(), lambda n: n % 7),
        (Types.STRING(), lambda n: f"={n % 7}"),
        (Types.TUPLE([Types.INT(), Types.STRING()]), lambda n: (n % 7, "x")),
    ],
    ids=["long", "text", "tuple"],
)
def test_what_takes_time_goes_on_with_its_own_key(
    flink_env: Any, operators: str, key_type: Any, key_of: Callable[[int], Any]
) -> None:
    env = flink_env("thread")
    stream = env.from_collection(list(range(70)), type_info=Types.LONG())
    agent = Agent().add_action("sleep", [InputEvent], _sleep)
    agent.add_action("remember", [_Slept], _remember)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    applied = agents.from_datastream(stream.key_by(key_of, key_type)).apply(agent)
    found = _collect(applied.to_datastream(Types.STRING()))
    # Elements of a key come in their order, so the last one that slept tells how many there were.
    expected = [f"{key_of(n)!r} {n} {n // 7 + 1}" for n in range(70)]
    assert sorted(found) == sorted(expected)


def test_a_key_selector_that_pyflink_chains_behind_another_function_gives_the_same_keys(
    flink_env: Any, operators: str
) -> None:
    env = flink_env("thread")
    stream = env.from_collection([1, 2, 3], type_info=Types.LONG())
    doubled = stream.map(lambda n: {"n": 2 * n})
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    applied = agents.from_datastream(doubled, lambda item: item["n"]).apply(_agent(_show))
    outputs = applied.to_datastream(Types.STRING())
    assert "Map, _stream_key_by_map_operator" in env.get_execution_plan()
    assert sorted(_collect(outputs)) == sorted(
        f"{n} {{'n': {n}}} {number}" for n in (2, 4, 6) for number in range(2)
    )


class _WithTimestamp(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield f"{value} at {ctx.timestamp()}"


class _Assigner(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value * 1000


def test_outputs_have_the_timestamps_of_their_elements(flink_env: Any, operators: str) -> None:
    env = flink_env("thread")
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(_Assigner())
    stream = env.from_collection([1, 2], type_info=Types.LONG())
    timed = stream.assign_timestamps_and_watermarks(strategy)
    outputs = _applied(env, timed, _agent(_same), event_time="true").to_datastream(Types.LONG())
    assert sorted(_collect(outputs.process(_WithTimestamp(), Types.STRING()))) == [
        "1 at 1000",
        "2 at 2000",
    ]


def test_an_element_without_a_timestamp_is_named(flink_env: Any, operators: str) -> None:
    env = flink_env("thread")
    stream = env.from_collection([1], type_info=Types.LONG())
    outputs = _applied(env, stream, _agent(_same), event_time="true").to_datastream(Types.LONG())
    with pytest.raises(Exception, match="has no timestamp"):
        _collect(outputs)


def test_dead_letters_go_to_the_side_and_outputs_do_not(flink_env: Any, operators: str) -> None:
    def picky(event: Any, ctx: Any) -> None:
        if event.input == "bad":
            raise ValueError("do not like it")
        # Looks like what is put aside, and is not.
        ctx.send_event(OutputEvent(output=("good", event.input)))

    env = flink_env("thread")
    stream = env.from_collection(["good", "bad"], type_info=Types.STRING())
    builder = _applied(env, stream, _agent(picky), error_handling_strategy="dead-letter")
    outputs = builder.to_datastream().map(repr, Types.STRING())
    letters = [*_collect(outputs.union(builder.to_dead_letters()))]
    (letter,) = [json.loads(text) for text in letters if text.startswith("{")]
    assert (letter["key"], letter["input"]) == ("bad", "bad")
    assert [text for text in letters if not text.startswith("{")] == ["('good', 'good')"]


def test_an_output_of_another_type_than_was_said_fails_the_job(
    flink_env: Any, operators: str
) -> None:
    env = flink_env("thread")
    stream = env.from_collection(["text"], type_info=Types.STRING())
    outputs = _applied(env, stream, _agent(_same)).to_datastream(Types.LONG())
    with pytest.raises(Exception, match="String cannot be cast"):
        _collect(outputs)


def test_thousands_of_outputs_come_of_one_element(flink_env: Any, operators: str) -> None:
    def many(event: Any, ctx: Any) -> None:
        for number in range(event.input):
            ctx.send_event(OutputEvent(output=number))

    env = flink_env("thread")
    stream = env.from_collection([3_000], type_info=Types.LONG())
    outputs = _applied(env, stream, _agent(many)).to_datastream(Types.LONG())
    assert _collect(outputs) == list(range(3_000))


class _Waited(Event):
    pass


async def _sleep_long(event: Any, ctx: Any) -> None:
    await asyncio.sleep(3)
    ctx.send_event(_Slept(value=event.input))


@pytest.mark.parametrize("shared", ["true", "false"])
def test_what_is_open_at_the_end_is_not_lost_with_a_bundle_that_is_full(
    flink_env: Any, shared: str
) -> None:
    # PyFlink's operator would take no more timers then: each bundle ends with its only one.
    options = {"python.fn-execution.bundle.size": "1", "python.fn-execution.memory.managed": shared}
    env = flink_env("process", options=options)
    stream = env.from_collection(list(range(5)), type_info=Types.LONG())
    agent = Agent().add_action("sleep", [InputEvent], _sleep_long)
    agent.add_action("remember", [_Slept], _remember)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    applied = agents.from_datastream(stream, lambda n: n).apply(agent)
    assert len(_collect(applied.to_datastream(Types.STRING()))) == 5


async def _wait(event: Any, ctx: Any) -> None:
    ctx.send_event(_Waited())


def _say_when(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=time.time()))


def test_bundles_of_process_mode_last_as_long_as_they_are_meant_to(
    flink_env: Any, paced_source: Any
) -> None:
    env = flink_env("process", options={"python.fn-execution.bundle.time": "1500"})
    # Keyed in Java: PyFlink's operator for the key would let elements come in groups.
    jvm: Any = get_gateway().jvm
    row, key = Types.ROW([Types.INT(), Types.INT()]), Types.ROW([Types.INT()])
    rows = [jvm.org.apache.flink.types.Row.of(to_jarray(jvm.Object, [n, n])) for n in range(200)]
    stream = paced_source(env, rows, 10, row)
    j_key_type: Any = key.get_java_type_info()
    j_keyed = stream._j_data_stream.keyBy(jvm.KeyByKeySelector(), j_key_type)
    agent = Agent().add_action("wait", [InputEvent], _wait)
    agent.add_action("say_when", [_Waited], _say_when)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    applied = agents.from_datastream(KeyedStream(j_keyed, Types.INT(), stream)).apply(agent)
    times = sorted(_collect(applied.to_datastream(Types.DOUBLE())))
    # What has happened is taken over when a bundle begins. Those of PyFlink's operator last 3 s.
    begun = [after for before, after in pairwise(times) if after - before > 0.4]
    assert median(after - before for before, after in pairwise(begun)) < 2.3

"""Agents as operators of real Flink jobs, in thread mode and in process mode."""

from __future__ import annotations

import json
import time
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pyflink.common import Duration, Row, Time, Types
from pyflink.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from pyflink.datastream import ProcessFunction, ProcessWindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows
from pyflink.table import DataTypes, Schema, StreamTableEnvironment

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import (
    ChatChunkEvent,
    ChatRequestEvent,
    ChatResponseEvent,
)
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.testing import add_scripted_model, run_agent

pytestmark = [pytest.mark.flink, pytest.mark.timeout(180)]

MODES = ["thread", "process"]


class Question(BaseModel):
    text: str
    number: int = 0


class Asked(Event):
    question: Question
    count: int


class Later(Event):
    number: int
    wait: float


def _ask(event: Any, ctx: Any) -> None:
    count = (ctx.short_term_memory.get("seen.count") or 0) + 1
    ctx.short_term_memory.set("seen.count", count)
    ctx.send_event(Asked(question=Question(text=str(event.input)), count=count))


async def _request(event: Any, ctx: Any) -> None:
    ctx.sensory_memory.set("count", event.count)
    message = ChatMessage(content=f"{event.question.text}:{event.count}")
    ctx.send_event(ChatRequestEvent(model="model", messages=[message]))


def _answer(event: Any, ctx: Any) -> None:
    count = ctx.sensory_memory.get("count")
    ctx.send_event(OutputEvent(output=f"{event.response.content}:{count}"))


def _echo(messages: Any, tools: Any) -> str:
    return messages[-1].content


def chatting_agent(latency: float = 0.02) -> Agent:
    """Counts the elements of a key, and sends each to a model that repeats it."""
    agent = Agent().add_action("ask", [InputEvent], _ask)
    agent.add_action("request", [Asked], _request)
    agent.add_action("answer", [ChatResponseEvent], _answer)
    return add_scripted_model(agent, "model", respond=_echo, latency=latency)


def _plain(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.input))


def _collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as results:
        return list(results)


@pytest.mark.parametrize("mode", MODES)
def test_every_element_is_answered_in_order_per_key(flink_env: Any, mode: str) -> None:
    items = [{"key": f"k{i % 7}", "value": i} for i in range(70)]
    outputs = run_agent(chatting_agent(), items, flink_env(mode, parallelism=2))
    by_key: dict[str, list[str]] = {}
    for output in outputs:
        for key, value in output.items():
            by_key.setdefault(key, []).append(value)
    assert by_key == {
        f"k{k}": [f"{k + 7 * n}:{n + 1}:{n + 1}" for n in range(10)] for k in range(7)
    }


def test_flink_and_the_local_host_give_the_same_outputs(flink_env: Any) -> None:
    items = [{"key": k, "value": f"é\U0001f600 {k}"} for k in ("a", "ü", 3, ("x", 1))]

    def comparable(outputs: list[dict[Any, Any]]) -> list[str]:
        return sorted(repr(output) for output in outputs)

    on_flink = run_agent(chatting_agent(), items, flink_env("thread"))
    assert comparable(on_flink) == comparable(run_agent(chatting_agent(), items))


@pytest.mark.parametrize("mode", MODES)
def test_the_end_of_the_input_waits_for_slow_calls(flink_env: Any, mode: str) -> None:
    items = [{"key": i, "value": i} for i in range(50)]
    outputs = run_agent(chatting_agent(latency=1.5), items, flink_env(mode))
    assert len(outputs) == 50


class _WithTimestamp(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value, ctx.timestamp()


@pytest.mark.parametrize("mode", MODES)
def test_what_is_put_out_at_the_end_of_the_input_has_a_timestamp_that_sinks_take(
    flink_env: Any, mode: str
) -> None:
    env = flink_env(mode)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    words = env.from_collection(["a", "b", "c"], type_info=Types.STRING())
    answers = agents.from_datastream(words, lambda w: w).apply(chatting_agent(latency=1.5))
    timed = Types.TUPLE([Types.STRING(), Types.LONG()])
    outputs = _collect(answers.to_datastream(Types.STRING()).process(_WithTimestamp(), timed))
    assert sorted(output for output, _ in outputs) == ["a:1:1", "b:1:1", "c:1:1"]
    # Kafka refuses what is more than an hour ahead.
    latest = (time.time() + 3600) * 1000
    assert all(timestamp is None or 0 < timestamp < latest for _, timestamp in outputs), outputs


def test_a_stream_that_is_keyed_already_keeps_its_keys(flink_env: Any) -> None:
    env = flink_env("thread")
    numbers = env.from_collection(list(range(20)), type_info=Types.LONG())
    keyed = numbers.key_by(lambda n: n % 2, key_type=Types.LONG())

    def show(event: Any, ctx: Any) -> None:
        ctx.send_event(OutputEvent(output=f"{ctx.key}:{event.input}"))

    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agent = Agent().add_action("show", [InputEvent], show)
    result = agents.from_datastream(keyed).apply(agent).to_datastream(Types.STRING())
    assert sorted(_collect(result)) == sorted(f"{n % 2}:{n}" for n in range(20))


def test_two_agents_follow_each_other_in_one_job(flink_env: Any) -> None:
    env = flink_env("thread")
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    source = env.from_collection([f"w{i}" for i in range(10)], type_info=Types.STRING())
    first = agents.from_datastream(source, lambda w: w).apply(chatting_agent())
    words = first.to_datastream(Types.STRING())
    second = agents.from_datastream(words, lambda w: w[:2]).apply(chatting_agent())
    outputs = _collect(second.to_datastream(Types.STRING()))
    assert sorted(outputs) == sorted(f"w{i}:1:1:1:1" for i in range(10))


def test_an_agent_stands_between_two_tables(flink_env: Any) -> None:
    env = flink_env("thread")
    t_env = StreamTableEnvironment.create(env)
    agents = AgentsExecutionEnvironment.get_execution_environment(env, t_env)
    rows = t_env.from_elements(
        [("a", 1), ("b", 2), ("a", 3)],
        DataTypes.ROW(
            [DataTypes.FIELD("name", DataTypes.STRING()), DataTypes.FIELD("n", DataTypes.INT())]
        ),
    )

    async def double(event: Any, ctx: Any) -> None:
        ctx.send_event(OutputEvent(output=Row(event.input.name, event.input.n * 2)))

    agent = Agent().add_action("double", [InputEvent], double)
    table = (
        agents.from_table(rows, lambda row: row.name)
        .apply(agent)
        .to_table(
            Schema.new_builder().column("name", "STRING").column("n", "INT").build(),
            Types.ROW_NAMED(["name", "n"], [Types.STRING(), Types.INT()]),
        )
    )
    with table.execute().collect() as results:
        assert sorted((row[0], row[1]) for row in results) == [("a", 2), ("a", 6), ("b", 4)]


def _remember_row(event: Any, ctx: Any) -> None:
    # Only Python's own values can be kept.
    ctx.short_term_memory.set("row", list(event.input))
    ctx.send_event(OutputEvent(output=repr(ctx.short_term_memory.get("row"))))


@pytest.mark.parametrize("mode", MODES)
def test_rows_of_tables_have_values_that_can_be_kept(flink_env: Any, mode: str) -> None:
    env = flink_env(mode)
    tables = StreamTableEnvironment.create(env)
    agents = AgentsExecutionEnvironment.get_execution_environment(env, tables)
    rows = tables.sql_query(
        "SELECT 'a' AS name, CAST(1.50 AS DECIMAL(5, 2)) AS price, ARRAY['x', 'y'] AS tags, "
        "DATE '2026-01-02' AS on_day, TIME '03:04:00' AS at_time, "
        "TIMESTAMP '2026-01-02 03:04:05.678' AS at_moment"
    )
    agent = Agent().add_action("remember", [InputEvent], _remember_row)
    kept = agents.from_table(rows, lambda row: row.name).apply(agent)
    expected = [
        "a",
        Decimal("1.50"),
        ["x", "y"],
        date(2026, 1, 2),
        clock_time(3, 4),
        datetime(2026, 1, 2, 3, 4, 5, 678000),
    ]
    assert _collect(kept.to_datastream(Types.STRING())) == [repr(expected)]


def test_a_table_that_changes_its_rows_is_refused_with_the_way_out(flink_env: Any) -> None:
    env = flink_env("thread")
    tables = StreamTableEnvironment.create(env)
    agents = AgentsExecutionEnvironment.get_execution_environment(env, tables)
    counts = tables.sql_query(
        "SELECT n, COUNT(*) AS c FROM (VALUES ('a'), ('a')) AS t(n) GROUP BY n"
    )
    with pytest.raises(ValueError, match=r"changes rows.*to_changelog_stream"):
        agents.from_table(counts, lambda row: row.n)


class _Timestamps(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value * 100


class _Window(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield f"{context.window().start}:{sorted(elements)}"


@pytest.mark.parametrize("mode", MODES)
def test_with_event_time_answers_fall_into_the_windows_of_their_elements(
    flink_env: Any, mode: str
) -> None:
    env = flink_env(mode)
    env.get_config().set_auto_watermark_interval(10)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(
        Duration.of_millis(0)
    ).with_timestamp_assigner(_Timestamps())
    source = env.from_collection(list(range(40)), type_info=Types.LONG())
    timed = source.assign_timestamps_and_watermarks(strategy)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agents.get_config().set_str("event-time", "true")
    answers = (
        agents.from_datastream(timed, lambda n: n % 5)
        .apply(chatting_agent(latency=0.1))
        .to_datastream(Types.STRING())
    )
    windows = (
        answers.map(lambda text: int(text.split(":")[0]), Types.LONG())
        .key_by(lambda _: 0, key_type=Types.LONG())
        .window(TumblingEventTimeWindows.of(Time.milliseconds(1000)))
        .process(_Window(), Types.STRING())
    )
    assert sorted(_collect(windows)) == sorted(
        f"{start * 1000}:{list(range(start * 10, start * 10 + 10))}" for start in range(4)
    )


@pytest.mark.parametrize("mode", MODES)
def test_with_event_time_outputs_of_a_key_keep_the_order_of_its_elements(
    flink_env: Any, mode: str
) -> None:
    """Whether the watermark lets them out while one is still open, or one needs no waiting."""

    async def later(event: Any, ctx: Any) -> None:
        await ctx.durable_execute_async(time.sleep, event.wait)
        ctx.send_event(OutputEvent(output=event.number))

    def first(event: Any, ctx: Any) -> None:
        number, wait, _ = event.input
        if wait:
            ctx.send_event(Later(number=number, wait=wait))
        else:
            ctx.send_event(OutputEvent(output=number))

    class Times(TimestampAssigner):
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return value[2]

    def arrive(element: Any) -> Any:
        time.sleep(0.7)
        return element

    # Number, seconds of the call, event time. The watermark passes 1000 while 2 is open, and 3 to 5
    # come when earlier outputs wait for it.
    elements = [(1, 0.1, 1000), (2, 1.2, 1000), (3, 0.0, 3000), (4, 0.1, 4000), (5, 0.0, 4500)]
    env = flink_env(mode)
    env.get_config().set_auto_watermark_interval(10)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
    timed = (
        env.from_collection([list(it) for it in elements])
        .map(arrive)
        .assign_timestamps_and_watermarks(strategy)
    )
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agents.get_config().set_str("event-time", "true")
    agent = Agent().add_action("first", [InputEvent], first).add_action("later", [Later], later)
    answers = agents.from_datastream(timed, lambda _: "k").apply(agent)
    assert _collect(answers.to_datastream(Types.LONG())) == [1, 2, 3, 4, 5]


def test_back_pressure_keeps_to_the_limit_and_loses_nothing(flink_env: Any, tmp_path: Path) -> None:
    log = str(tmp_path / "in-flight")

    async def slow(event: Any, ctx: Any) -> None:
        import asyncio

        open_now = _counter(1)
        with open(log, "a") as file:
            file.write(f"{open_now}\n")
        await asyncio.sleep(0.05)
        _counter(-1)
        ctx.send_event(OutputEvent(output=event.input))

    agent = Agent().add_action("slow", [InputEvent], slow)
    items = [{"key": i, "value": i} for i in range(100)]
    options = {"max-in-flight": 8, "back-pressure-wait": 0.02}
    outputs = run_agent(agent, items, flink_env("thread"), options)
    assert sorted(v for output in outputs for v in output.values()) == list(range(100))
    assert max(map(int, Path(log).read_text().split())) <= 8


def _counter(change: int) -> int:
    """A count shared by all copies of an action in this process."""
    import builtins

    value = getattr(builtins, "_flink_agents_test_open", 0) + change
    builtins._flink_agents_test_open = value  # pyright: ignore[reportAttributeAccessIssue]
    return value


@pytest.mark.parametrize("mode", MODES)
def test_failed_events_go_to_the_dead_letters(flink_env: Any, mode: str) -> None:
    env = flink_env(mode)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agents.get_config().set_str("error-handling-strategy", "dead-letter")
    agents.get_config().set_str("max-retries", "1")
    agents.get_config().set_str("retry-wait-interval", "0.01")

    def picky(event: Any, ctx: Any) -> None:
        if event.input == "bad":
            raise ValueError("do not like it")
        ctx.send_event(OutputEvent(output=event.input))

    agent = Agent().add_action("picky", [InputEvent], picky)
    source = env.from_collection(["good", "bad", "fine"], type_info=Types.STRING())
    builder = agents.from_datastream(source, lambda w: w).apply(agent)
    outputs = builder.to_datastream(Types.STRING())
    letters = builder.to_dead_letters()
    found = _collect(outputs.union(letters))
    assert {"good", "fine"} < set(found)
    (letter,) = (json.loads(text) for text in found if text.startswith("{"))
    assert letter["action"] == "picky"
    assert letter["input"] == "bad"
    assert letter["attempts"] == 2
    assert "ValueError: do not like it" in letter["error"]


def test_a_failing_action_fails_the_job_and_names_action_key_and_cause(flink_env: Any) -> None:
    def broken(event: Any, ctx: Any) -> None:
        raise ValueError("nonsense")

    agent = Agent().add_action("broken", [InputEvent], broken)
    with pytest.raises(Exception, match="Action 'broken'") as failure:
        run_agent(agent, [{"key": "the-key", "value": 1}], flink_env("thread"))
    assert "the-key" in str(failure.value)
    assert "ValueError: nonsense" in str(failure.value)


def test_a_failing_key_selector_says_so(flink_env: Any) -> None:
    env = flink_env("thread")
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    source = env.from_collection(["x"], type_info=Types.STRING())
    agent = Agent().add_action("plain", [InputEvent], _plain)
    result = agents.from_datastream(source, lambda w: w["id"]).apply(agent).to_datastream()
    with pytest.raises(Exception, match="key selector failed with TypeError"):
        _collect(result)


def _ask_for_pieces(event: Any, ctx: Any) -> None:
    messages = [ChatMessage(content=f"one two {event.input}")]
    ctx.send_event(ChatRequestEvent(model="model", messages=messages, stream=True))


def _piece(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.content))


def _whole(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.response.content))


@pytest.mark.parametrize("mode", MODES)
def test_pieces_of_an_answer_come_out_before_it(flink_env: Any, mode: str) -> None:
    agent = Agent().add_action("ask", [InputEvent], _ask_for_pieces)
    agent.add_action("piece", [ChatChunkEvent], _piece)
    agent.add_action("whole", [ChatResponseEvent], _whole)
    add_scripted_model(agent, "model", respond=_echo, latency=0.02)
    items = [{"key": f"k{n % 5}", "value": n} for n in range(20)]
    by_key: dict[str, list[str]] = {}
    for output in run_agent(agent, items, flink_env(mode)):
        for key, value in output.items():
            by_key.setdefault(key, []).append(value)
    assert by_key == {
        f"k{k}": [
            text for n in range(k, 20, 5) for text in ("one ", "two ", str(n), f"one two {n}")
        ]
        for k in range(5)
    }

"""A job that fails in mid-run: what a reader of committed results sees of it."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.conftest import Broker

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(240)]

RECORDS = 1_200
KEYS = 60


def _failing_agent(folder: str) -> Any:
    """Asks a model about each number; fails once at some, on the way there and on the way back."""
    from flink_agents.api.agents.agent import Agent
    from flink_agents.api.chat_message import ChatMessage
    from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
    from flink_agents.api.events.event import InputEvent, OutputEvent
    from flink_agents.testing import add_scripted_model

    def fail_once(place: str) -> None:
        try:
            os.close(os.open(f"{folder}/failed-{place}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        raise RuntimeError(f"injected at {place}")

    def ask(event: Any, ctx: Any) -> None:
        number = int(event.input)
        count = (ctx.short_term_memory.get("count") or 0) + 1
        ctx.short_term_memory.set("count", count)
        if number == RECORDS // 2:
            fail_once("ask")
        message = ChatMessage(content=f"{ctx.key} {number} {count}")
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def answer(event: Any, ctx: Any) -> None:
        if event.response.content.split()[1] == str(RECORDS * 3 // 4):
            fail_once("answer")
        ctx.send_event(OutputEvent(output=event.response.content))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)

    def respond(messages: Any, tools: Any) -> Any:
        return messages[-1].content

    return add_scripted_model(agent, "model", respond=respond, latency=0.02)


def _run(kafka: Broker, connector: Path, folder: Path) -> None:
    from pyflink.common import Configuration, Types, WatermarkStrategy
    from pyflink.common.serialization import SimpleStringSchema
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.datastream.connectors.base import DeliveryGuarantee
    from pyflink.datastream.connectors.kafka import (
        KafkaOffsetsInitializer,
        KafkaRecordSerializationSchema,
        KafkaSink,
        KafkaSource,
    )

    from flink_agents.api.execution_environment import AgentsExecutionEnvironment

    configuration = Configuration()
    for key, value in {
        "execution.checkpointing.interval": "300 ms",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "20",
        "restart-strategy.fixed-delay.delay": "200 ms",
        "rest.bind-port": "0",
        "parallelism.default": "1",
        "pipeline.jars": connector.as_uri(),
    }.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.add_jars(connector.as_uri())
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(kafka.address)
        .set_topics("numbers")
        .set_group_id("exactly-once")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    sink = (
        KafkaSink.builder()
        .set_bootstrap_servers(kafka.address)
        .set_record_serializer(
            KafkaRecordSerializationSchema.builder()
            .set_topic("counted")
            .set_value_serialization_schema(SimpleStringSchema())
            .build()
        )
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_transactional_id_prefix("exactly-once")
        .set_property("transaction.timeout.ms", "600000")
        .build()
    )

    def slowly(number: str) -> str:
        import time

        time.sleep(0.003)  # several checkpoints complete before and between the failures
        return number

    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.STRING())
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    counted = agents.from_datastream(
        numbers.map(slowly, Types.STRING()), lambda number: f"key-{int(number) % KEYS}"
    ).apply(_failing_agent(str(folder)))
    counted.to_datastream(Types.STRING()).sink_to(sink)
    agents.execute("exactly once")
    env.close()


def test_a_job_that_fails_twice_loses_and_doubles_nothing_for_a_committed_reader(
    kafka: Broker, connector: Path, tmp_path: Path
) -> None:
    kafka.make_topics("numbers", "counted")
    kafka.send("numbers", [str(number).encode() for number in range(RECORDS)])
    _run(kafka, connector, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failed-answer", "failed-ask"]

    counts: dict[str, list[int]] = defaultdict(list)
    numbers: list[int] = []
    for value in kafka.read("counted"):
        key, number, count = value.split()
        numbers.append(int(number))
        counts[key].append(int(count))
    lost = set(range(RECORDS)) - set(numbers)
    assert (len(lost), len(numbers) - len(set(numbers))) == (0, 0)
    # The agent's memory is as exact as the topic.
    for key, found in counts.items():
        assert sorted(found) == list(range(1, RECORDS // KEYS + 1)), key
    # Without transactions it would have been otherwise: the failed attempts had written, too.
    assert len(kafka.read("counted", "read_uncommitted")) > RECORDS

"""A real broker, shared by all tests of this folder, and topics of their own for each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from flink_agents.bridge.java_home import find_java_home
from tests.servers.kafka_server import (
    ServerMissingError,
    is_required,
    kafka_connector,
    kafka_server,
)

#: librdkafka tells on stderr of each connection that ends with the broker.
_QUIET = {"log_level": 0}


class Broker:
    """A broker as tests use it.

    Args:
        address: As in ``127.0.0.1:9092``.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._servers = {"bootstrap.servers": address, **_QUIET}

    def make_topics(self, *names: str, partitions: int = 2, **settings: str) -> None:
        """Make topics, and wait until they are there; underscores of settings stand for dots."""
        config = {name.replace("_", "."): value for name, value in settings.items()}
        topics = [NewTopic(name, partitions, 1, config=config) for name in names]
        admin = AdminClient(self._servers)  # kept until all are made: its end would end that
        for made in admin.create_topics(topics).values():
            made.result()

    def send(self, topic: str, values: list[bytes | None]) -> None:
        """Write records, and wait until they are confirmed."""
        producer = Producer({**self._servers, "queue.buffering.max.messages": 1_000_000})
        for value in values:
            producer.produce(topic, value)
        assert producer.flush(60) == 0

    def read(self, topic: str, isolation: str = "read_committed") -> list[str]:
        """All values of a topic that a consumer of that isolation sees up to its end now."""
        return [value for _, value in self.read_keyed(topic, isolation)]

    def read_keyed(
        self, topic: str, isolation: str = "read_committed"
    ) -> list[tuple[tuple[int, str | None], str]]:
        """As `read`, each value behind its partition and key."""
        settings = {**self._servers, "group.id": f"test-{time.monotonic_ns()}"}
        consumer = Consumer(
            {**settings, "isolation.level": isolation, "enable.partition.eof": True}
        )
        partitions = consumer.list_topics(topic).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found: list[tuple[tuple[int, str | None], str]] = []
        ended: set[int] = set()
        try:
            while len(ended) < len(partitions):
                message = consumer.poll(60)
                assert message is not None, f"no end of {topic} within a minute"
                partition, key, value = message.partition(), message.key(), message.value()
                assert partition is not None
                if message.error():
                    ended.add(partition)
                elif value is not None:
                    found.append(((partition, key.decode() if key else None), value.decode()))
        finally:
            consumer.close()
        return found

    def await_results(
        self, topic: str, count: int, is_running: Callable[[], Any], seconds: float = 150
    ) -> list[dict[str, Any]]:
        """The committed results, once there are that many.

        Args:
            topic: The topic.
            count: How many to wait for.
            is_running: Called now and then; raises if the job has ended.
            seconds: How long to wait.
        """
        end = time.monotonic() + seconds
        while len(found := self.read(topic)) < count:
            is_running()
            assert time.monotonic() < end, f"{len(found)} of {count} results: {found[-3:]}"
            time.sleep(0.5)
        return [json.loads(value) for value in found]


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """A running broker."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(kafka_server())
        except ServerMissingError as missing:
            (pytest.fail if is_required() else pytest.skip)(str(missing))
        yield Broker(address)


@pytest.fixture(scope="session")
def connector() -> Path:
    """Flink's connector for Kafka."""
    find_java_home()
    try:
        return kafka_connector()
    except ServerMissingError as missing:
        (pytest.fail if is_required() else pytest.skip)(str(missing))

"""Topics of a real Kafka as a test sees them: orders go in at a steady rate, answers come out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.chaos.tally import Answer, Order

#: Seconds that the broker has for what is asked of it.
_PATIENCE = 30


def make_topic(kafka: str, name: str, partitions: int) -> None:
    """Make a topic."""
    admin = AdminClient({"bootstrap.servers": kafka})
    made = admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1)])
    made[name].result(timeout=_PATIENCE)


class Feed:
    """Writes orders to a topic, in a thread of its own.

    Args:
        kafka: Address of the broker.
        topic: The topic. A customer's orders are in one partition.
        orders: What to write.
        per_second: How fast.
    """

    def __init__(self, kafka: str, topic: str, orders: Sequence[Order], per_second: float) -> None:
        self._topic = topic
        self._orders = orders
        self._pause = 1 / per_second
        self._allowed = len(orders)
        self._stopping = threading.Event()
        self._producer = Producer(
            {"bootstrap.servers": kafka, "enable.idempotence": True, "linger.ms": 5}
        )
        self._thread = threading.Thread(target=self._write, name=f"feed {topic}")

    def allow(self, count: int) -> None:
        """Write no more than so many orders, until more are allowed."""
        self._allowed = count

    def _write(self) -> None:
        written = 0
        while written < len(self._orders) and not self._stopping.wait(self._pause):
            if written < self._allowed:
                order = self._orders[written]
                self._producer.produce(self._topic, key=order.key, value=order.to_json())
                written += 1
            self._producer.poll(0)
        self._producer.flush(_PATIENCE)

    def __enter__(self) -> Feed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()


class Reader:
    """Reads what is committed to a topic, from its beginning on."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        #: What was read so far, with the time of reading in seconds since 1970.
        self.read: list[tuple[float, str]] = []

    def read_until(self, enough: Callable[[], bool], timeout: float) -> bool:
        """Read until it is enough; tells whether it was before the time was over.

        Args:
            enough: Is asked after each record and a few times a second.
            timeout: Seconds.
        """
        deadline = time.monotonic() + timeout
        while not enough():
            if time.monotonic() > deadline:
                return False
            message = self._consumer.poll(0.1)
            if message is None:
                continue
            if error := message.error():
                if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue  # it is about to be made
                raise AssertionError(f"Kafka: {error}")
            value = message.value()
            assert isinstance(value, bytes)
            self.read.append((time.time(), value.decode()))
        return True

    def read_for(self, seconds: float) -> None:
        """Read what comes within a while."""
        self.read_until(lambda: False, seconds)

    @property
    def answers(self) -> list[Answer]:
        """What was read so far, as answers to orders."""
        return [Answer.from_json(text, seen_at) for seen_at, text in self.read]


@contextmanager
def reading(kafka: str, topic: str) -> Iterator[Reader]:
    """A reader of committed records in a consumer group of its own."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"test-{topic}-{time.time_ns()}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 500,
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.subscribe([topic])
    try:
        yield Reader(consumer)
    finally:
        consumer.close()


__all__ = ["Feed", "Reader", "make_topic", "reading"]

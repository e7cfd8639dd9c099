"""A run of the job of the tests: its topics, the orders that go in, the answers that come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.tally import Answer, Order, Tally, make_orders, tally
from tests.compose.cluster import Cluster
from tests.compose.topics import Feed, Reader, make_topic, reading

#: Subtasks of the job: as many as the two TaskManagers have slots for.
PARALLELISM = 4
#: Where savepoints go: the volume that all containers of Flink share.
SAVEPOINTS = "file:///checkpoints/savepoints"


@dataclass(frozen=True)
class Run:
    """A job that is being fed.

    Attributes:
        name: Name of the topic of its orders; that of its answers is made of it.
        orders: All that it is fed with.
        feed: What feeds it.
        reader: Reads its committed answers.
    """

    name: str
    orders: Sequence[Order]
    feed: Feed
    reader: Reader

    @property
    def arguments(self) -> list[str]:
        """Those of the job that name its topics."""
        return ["--orders", self.name, "--answers", f"{self.name}-answers"]

    def wait_for_answers(self, count: int, timeout: float) -> None:
        """Wait until that many answers can be read."""
        answers = self.reader.read
        assert self.reader.read_until(lambda: len(answers) >= count, timeout), (
            f"{len(answers)} of {count} answers within {timeout} s"
        )

    def wait_for_answer_after(self, moment: float) -> float:
        """Wait until an answer can be read that the agent got after a moment.

        Those that it got before it were written by a transaction of then; so this one tells that
        the job goes on.

        Args:
            moment: Seconds since 1970.

        Returns:
            Seconds from the moment to the time when it could be read.
        """
        begin = len(self.reader.read)

        def later() -> list[Answer]:
            answers = self.reader.answers[begin:]
            return [answer for answer in answers if answer.answered_at > moment]

        assert self.reader.read_until(lambda: bool(later()), timeout=240), "no answer came"
        return later()[0].seen_at - moment

    def finish(self, cluster: Cluster, job: str, timeout: float = 300) -> None:
        """Wait for all answers and stop the job, which commits what else it has written."""
        self.wait_for_answers(len(self.orders), timeout)
        cluster.flink.stop(job, SAVEPOINTS)
        self.reader.read_for(2)
        assert tally(self.orders, self.reader.answers) == Tally()

    def repeated_calls(self, cluster: Cluster) -> int:
        """Calls of the model beyond the first of each order."""
        counts = cluster.model.counts(f"{self.name}/")
        assert len(counts) == len(self.orders)
        return sum(counts.values()) - len(counts)


@contextmanager
def feeding(
    cluster: Cluster, name: str, *, count: int, keys: int, per_second: float
) -> Iterator[Run]:
    """Topics of their own, and orders that go into one of them."""
    make_topic(cluster.kafka, name, partitions=PARALLELISM)
    # Within one partition the order of all answers can be seen, also of those of other subtasks.
    make_topic(cluster.kafka, f"{name}-answers", partitions=1)
    orders = make_orders(name, count, keys)
    with (
        reading(cluster.kafka, f"{name}-answers") as reader,
        Feed(cluster.kafka, name, orders, per_second) as feed,
    ):
        yield Run(name, orders, feed, reader)

"""What became of orders: which are lost, doubled, out of order or answered wrongly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.servers.model_server import answer_to


@dataclass(frozen=True)
class Order:
    """An order of a customer.

    Attributes:
        key: The customer.
        number: From 1 on for each customer.
        call: Name of the model call that is made for it.
    """

    key: str
    number: int
    call: str

    def to_json(self) -> str:
        """What is written to the topic."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Answer:
    """What the job made of an order.

    Attributes:
        order: The order.
        count: How many orders of the customer the agent had seen, this one included.
        text: What the model said.
        answered_at: When the agent got that, in seconds since 1970.
        seen_at: When it could be read from the topic.
    """

    order: Order
    count: int
    text: str
    answered_at: float
    seen_at: float

    @classmethod
    def from_json(cls, text: str, seen_at: float) -> Answer:
        """From what stands in the topic."""
        fields = json.loads(text)
        order = Order(fields["key"], fields["number"], fields["call"])
        return cls(order, fields["count"], fields["text"], fields["answered_at"], seen_at)

    def is_right(self) -> bool:
        """Whether the model was asked about this order, with the right count."""
        question = json.dumps({**asdict(self.order), "count": self.order.number})
        return self.count == self.order.number and self.text == answer_to(question)


@dataclass(frozen=True)
class Tally:
    """How many orders suffered what.

    Attributes:
        lost: Without an answer.
        duplicated: Answers beyond the first of an order.
        out_of_order: Answers that come after one to a later order of the same customer.
        wrong: Answers with a wrong count, or to another question.
    """

    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    wrong: int = 0


def order_at(element: int, run: str, keys: int) -> Order:
    """The order with this number among all, from 0, of customers who take turns."""
    key, number = f"customer-{element % keys}", element // keys + 1
    return Order(key, number, f"{run}/{key}/{number}")


def make_orders(run: str, count: int, keys: int) -> list[Order]:
    """Orders of customers who take turns."""
    return [order_at(element, run, keys) for element in range(count)]


def tally(orders: Sequence[Order], answers: Sequence[Answer]) -> Tally:
    """Compare the orders with the answers, in the order in which they can be read."""
    times = Counter(answer.order for answer in answers)
    latest: dict[str, int] = {}
    out_of_order = 0
    for answer in answers:
        order = answer.order
        out_of_order += order.number < latest.get(order.key, 0)
        latest[order.key] = max(order.number, latest.get(order.key, 0))
    return Tally(
        lost=len(set(orders) - times.keys()),
        duplicated=sum(times.values()) - len(times),
        out_of_order=out_of_order,
        wrong=sum(not answer.is_right() for answer in answers),
    )

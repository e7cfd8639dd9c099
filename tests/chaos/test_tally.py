"""The tally that judges runs on a cluster finds what it is there to find."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from tests.chaos.tally import Answer, Order, Tally, make_orders, tally
from tests.servers.model_server import answer_to

ORDERS = make_orders("orders", count=12, keys=3)


def answered(order: Order) -> Answer:
    """A right answer."""
    question = json.dumps({**asdict(order), "count": order.number})
    return Answer(order, order.number, answer_to(question), answered_at=0, seen_at=0)


ANSWERS = [answered(order) for order in ORDERS]


def test_right_answers_in_order_are_all_right() -> None:
    assert tally(ORDERS, ANSWERS) == Tally()


def test_answers_of_different_customers_have_no_order() -> None:
    by_customer = sorted(ANSWERS, key=lambda answer: answer.order.key, reverse=True)
    assert tally(ORDERS, by_customer) == Tally()


def test_an_order_without_an_answer_is_lost() -> None:
    assert tally(ORDERS, ANSWERS[:-1]) == Tally(lost=1)


def test_a_second_answer_is_a_duplicate() -> None:
    assert tally(ORDERS, [*ANSWERS, ANSWERS[-1]]) == Tally(duplicated=1)


def test_an_answer_behind_a_later_one_of_its_customer_is_out_of_order() -> None:
    first, *others = ANSWERS
    assert tally(ORDERS, [*others, first]) == Tally(out_of_order=1)


def test_a_wrong_count_and_an_answer_to_another_question_are_wrong() -> None:
    first, second, *others = ANSWERS
    wrong = [replace(first, count=2), replace(second, text=first.text)]
    assert tally(ORDERS, [*wrong, *others]) == Tally(wrong=2)

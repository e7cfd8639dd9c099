"""The job of the golden savepoint: the orders that it was made with, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyflink.common import Duration, Types
from pyflink.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from pyflink.datastream import (
    DataStream,
    FlatMapFunction,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_agents.api.agents.agent import Agent
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.duration import Seconds
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from tests.upgrade.values import Order, Parcel

#: Event time of the first order, in milliseconds.
BEGIN = 1_700_000_000_000


def _orders(first: int, *kinds: tuple[str, int, str]) -> list[Order]:
    return [
        Order(
            key=key,
            number=number,
            kind=kind,
            stamp=BEGIN + 1000 * place,
            price=Decimal(number) / 4,
            parcel=Parcel(Decimal("0.250")),
        )
        for place, (key, number, kind) in enumerate(kinds, first)
    ]


#: What the savepoint was made with.
ORDERS = _orders(
    0,
    # Done: memory, and with a durable journal the number of runs.
    ("done", 1, "plain"),
    ("done", 2, "plain"),
    # A finished call in the journal, another under way, two elements that wait.
    ("call", 1, "call"),
    ("call", 2, "call"),
    ("call", 3, "plain"),
    # A model call and a tool call in the journal, another model call under way.
    ("chat", 1, "chat"),
    # An output that waits for the watermark.
    ("held", 1, "call"),
    # A call that ends after the savepoint: it is in the durable journal alone.
    ("late", 1, "call"),
    # A call that failed, and is tried again later.
    ("retry", 1, "call"),
)
#: Calls that hang while the savepoint is made.
HELD = ("call/1/check", "chat/1/second", "late/1/find", "late/1/check")
#: Of these, what is let go after the savepoint.
LATE = "late/1/find"
#: What fails while the savepoint is made.
FAILS = "retry/1/fails"

#: What the restored job is given.
MORE = _orders(100, ("done", 3, "plain"), ("call", 4, "call"), ("retry", 2, "plain"))

_PARCEL = "Parcel(weight=Decimal('0.250'), marks=[])"


def _memory(key: str, number: int, kind: str, stamp: int, price: str, total: str, at: str) -> str:
    last = (
        f"Order(key='{key}', number={number}, kind='{kind}', stamp={stamp}, "
        f"price=Decimal('{price}'), parcel={_PARCEL})"
    )
    seen = f"datetime.datetime({at}, tzinfo=datetime.timezone.utc)"
    misc = (
        f"{{'place': Place(street='Via Roma', number={number}), 'as': {{<Priority.HIGH: 'high'>}}}}"
    )
    return f"before: [{last}, {number}, Decimal('{total}'), {seen}, {misc}]"


#: What the restored job puts out, with its timestamps, sorted.
OUTPUTS = sorted(
    [
        (BEGIN + 2_000, "call/1 costs 2.75, 1"),
        (BEGIN + 3_000, "call/2 costs 3.00, 2"),
        (
            BEGIN + 4_000,
            "call/3, "
            + _memory("call", 2, "call", BEGIN + 3_000, "0.5", "0.75", "2023, 11, 14, 22, 13, 23"),
        ),
        (BEGIN + 5_000, "chat/1 weighs 250 g, 1"),
        (BEGIN + 6_000, "held/1 costs 2.75, 1"),
        (BEGIN + 7_000, "late/1 costs 2.75, 1"),
        (BEGIN + 8_000, "retry/1 costs 2.75, 1"),
        (
            BEGIN + 100_000,
            "done/3, "
            + _memory("done", 2, "plain", BEGIN + 1_000, "0.5", "0.75", "2023, 11, 14, 22, 13, 21"),
        ),
        (BEGIN + 101_000, "call/4 costs 3.50, 4"),
        (
            BEGIN + 102_000,
            "retry/2, "
            + _memory(
                "retry", 1, "call", BEGIN + 8_000, "0.25", "0.25", "2023, 11, 14, 22, 13, 28"
            ),
        ),
    ]
)


class _Timestamps(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value.stamp


class _Orders(FlatMapFunction):
    """Orders by their numbers; there is none for higher ones."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self._orders = orders

    def flat_map(self, value: Any) -> Any:
        if int(value) < len(self._orders):
            yield self._orders[int(value)]
        else:
            time.sleep(0.01)


class _Stamp(ProcessFunction):
    """Puts the timestamp that Flink gives an output before it."""

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield f"{ctx.timestamp()} {value}"


def endless_orders(env: StreamExecutionEnvironment) -> DataStream:
    """The orders of the savepoint, from a source that has no end."""
    return _from_numbers(env, 2**62, ORDERS, "numbers")


def more_orders(env: StreamExecutionEnvironment) -> DataStream:
    """The orders of the restored job, from a source of its own."""
    return _from_numbers(env, len(MORE) - 1, MORE, "more numbers")


def _from_numbers(
    env: StreamExecutionEnvironment, last: int, orders: Sequence[Order], uid: str
) -> DataStream:
    source, none = NumberSequenceSource(0, last), WatermarkStrategy.no_watermarks()
    numbers = env.from_source(source, none, uid, Types.LONG()).uid(uid)
    return numbers.flat_map(_Orders(orders)).uid(f"orders of {uid}")


def build(
    env: StreamExecutionEnvironment, orders: DataStream, agent: Agent, folder: Path
) -> DataStream:
    """The job; gives what it puts out.

    Args:
        env: The environment.
        orders: Its input.
        agent: The agent.
        folder: Has the durable journal.
    """
    # So far behind that no output is let out before the end of the input.
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    timed = orders.assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(_Timestamps())
    ).uid("timestamps")
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    config = agents.get_config()
    config.set(AgentExecutionOptions.EVENT_TIME, True)
    config.set(AgentExecutionOptions.DURABLE_JOURNAL, (folder / "journal").as_uri())
    config.set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.RETRY)
    # The wait is part of the state: long enough to be still under way in it.
    config.set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Seconds(20.0))
    outputs = (
        agents.from_datastream(timed, lambda order: order.key)
        .apply(agent, uid="desk")
        .to_datastream(Types.STRING())
    )
    return outputs.process(_Stamp(), Types.STRING()).uid("stamp")


def read_outputs(lines: Sequence[str]) -> list[tuple[int, str]]:
    """What a job put out, sorted."""
    return sorted((int(at), text) for at, _, text in (line.partition(" ") for line in lines))


__all__ = [
    "FAILS",
    "HELD",
    "LATE",
    "MORE",
    "ORDERS",
    "OUTPUTS",
    "build",
    "endless_orders",
    "more_orders",
    "read_outputs",
]

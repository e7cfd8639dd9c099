"""Event time behind the agent: tumbling windows over its answers, and whether they are right."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pyflink.common import Types
from pyflink.common.time import Time
from pyflink.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from pyflink.datastream import DataStream, OutputTag, ProcessFunction, ProcessWindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows

from tests.chaos.tally import Order
from tests.chaos.verdict import complete_lines

#: Timestamp of the first order, in milliseconds; a whole number of windows.
BEGIN = 1_700_000_000_000
#: Milliseconds from order to order.
STEP = 10
#: Milliseconds of a window.
WINDOW = 1_000


def timestamp_of(order: Any, keys: int) -> int:
    """Event time of an order, from its fields, in milliseconds."""
    element = (order["number"] - 1) * keys + int(order["key"].rpartition("-")[2])
    return BEGIN + element * STEP


class _OrderTime(TimestampAssigner):
    def __init__(self, keys: int) -> None:
        self._keys = keys

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return timestamp_of(json.loads(value), self._keys)


class _Stamp(ProcessFunction):
    """Writes down the timestamp that Flink gives an answer."""

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield json.dumps({**json.loads(value), "timestamp": ctx.timestamp()})


class _Gather(ProcessWindowFunction):
    """Lists what was in a window."""

    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Iterator[str]:
        window = context.window()
        numbers = sorted(json.loads(element)["number"] for element in elements)
        yield json.dumps({"key": key, "start": window.start, "numbers": numbers})


def with_timestamps(orders: DataStream, keys: int) -> DataStream:
    """Give orders their event time."""
    strategy = WatermarkStrategy.for_monotonous_timestamps()
    strategy = strategy.with_timestamp_assigner(_OrderTime(keys))
    timed = orders.assign_timestamps_and_watermarks(strategy)
    return timed.set_parallelism(1).name("timestamps").uid("timestamps")


def add_windows(answers: DataStream) -> tuple[DataStream, DataStream, DataStream]:
    """Put answers into windows.

    Returns:
        The answers with their timestamps; the windows; the answers that came too late for theirs.
    """
    stamped = answers.process(_Stamp(), Types.STRING()).name("stamp").uid("stamp")
    late = OutputTag("late", Types.STRING())
    windows = (
        stamped.key_by(lambda answer: json.loads(answer)["key"], Types.STRING())
        .window(TumblingEventTimeWindows.of(Time.milliseconds(WINDOW)))
        .side_output_late_data(late)
        .process(_Gather(), Types.STRING())
        .name("gather")
        .uid("gather")
    )
    return stamped, windows, windows.get_side_output(late)


def expected_windows(orders: Sequence[Order], keys: int) -> list[dict[str, Any]]:
    """The windows that there have to be, sorted."""
    numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for order in orders:
        moment = timestamp_of({"key": order.key, "number": order.number}, keys)
        numbers[order.key, moment - moment % WINDOW].append(order.number)
    return [
        {"key": key, "start": start, "numbers": sorted(found)}
        for (key, start), found in sorted(numbers.items())
    ]


def wrong_windows(folder: Path, orders: Sequence[Order], keys: int) -> list[str]:
    """What is wrong with the windows of a run, in words; empty if nothing is."""
    problems: list[str] = []
    found = sorted(_lines(folder / "windows"), key=lambda w: (w["key"], w["start"]))
    if found != (expected := expected_windows(orders, keys)):
        problems.append(f"windows: {len(found)} differ from the {len(expected)} expected")
    if late := _lines(folder / "late"):
        problems.append(f"windows: {len(late)} elements came late")
    wrong = sum(a["timestamp"] != timestamp_of(a, keys) for a in _lines(folder / "answers"))
    if wrong:
        problems.append(f"windows: {wrong} answers have another timestamp than their elements")
    return problems


def _lines(folder: Path) -> list[dict[str, Any]]:
    """What is in the files of a sink that are complete, in no order."""
    return [json.loads(line) for line in complete_lines(folder)]


__all__ = [
    "add_windows",
    "expected_windows",
    "timestamp_of",
    "with_timestamps",
    "wrong_windows",
]

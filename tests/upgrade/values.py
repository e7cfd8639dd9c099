"""Values and open work of which the golden files have the text.

State names classes by module and name: what is here may be added to, and never be renamed, moved
or changed, since the golden files of all versions are read with it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pyflink.common import Row, RowKind

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.api.events.tool_event import ToolRequestEvent, ToolResponseEvent
from flink_agents.engine.state import JournalEntry, KeyState, Run, Task


class Priority(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Marks(enum.Flag):
    FRAGILE = enum.auto()
    COLD = enum.auto()


class Place(NamedTuple):
    street: str
    number: int = 1


@dataclass(frozen=True)
class Parcel:
    weight: Decimal
    marks: list[str] = field(default_factory=list)


class Order(BaseModel):
    """An element of the golden job."""

    key: str
    number: int
    kind: str
    stamp: int
    price: Decimal = Decimal("0.00")
    parcel: Parcel | None = None

    @property
    def name(self) -> str:
        return f"{self.key}/{self.number}"


class Wanted(Event):
    order: Order


def _row() -> Row:
    row = Row("tea", 2)
    row.set_field_names(["name", "count"])
    row.set_row_kind(RowKind.UPDATE_AFTER)
    return row


ORDER = Order(
    key="a",
    number=1,
    kind="call",
    stamp=1_700_000_000_000,
    price=Decimal("1.50"),
    parcel=Parcel(Decimal("0.250"), ["fragile"]),
)

#: By name: at least one of each kind of value that state can hold.
VALUES: dict[str, Any] = {
    "none": None,
    "true": True,
    "number": -7,
    "fraction": 0.1,
    "text": 'tea "è" \U0001f375 \ud800',
    "list": [1, [2, None]],
    "object": {"a": 1, "b": {"c": []}},
    "long number": 2**20_000,
    "infinity": float("inf"),
    "dict with other keys": {1: "a", (2, 3): "b", "$": "c"},
    "tuple": (1, ("a", None)),
    "set": {3, 1, 2},
    "frozenset": frozenset({"b", "a"}),
    "bytes": b"\x00\xff",
    "bytearray": bytearray(b"tea"),
    "datetime": datetime(2024, 2, 29, 12, 30, 15, 123456),
    "datetime with offset": datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=5.5))),
    "datetime in a zone": datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Rome"), fold=1),
    "date": date(2024, 2, 29),
    "time": time(23, 59, 59, 1),
    "timedelta": timedelta(days=-1, seconds=5, microseconds=7),
    "decimal": Decimal("1.500"),
    "uuid": UUID(int=2**127 + 5),
    "complex": complex(1.5, -0.0),
    "enum": Priority.HIGH,
    "flags": Marks.FRAGILE | Marks.COLD,
    "named tuple": Place("Via Roma", 7),
    "dataclass": Parcel(Decimal("2.0"), ["a", "b"]),
    "model": ORDER,
    "class": Order,
    "row": _row(),
    "event": Wanted(id=UUID(int=1), order=ORDER),
    "named event": Event.model_validate(
        {"id": UUID(int=2), "type": "order", "attributes": {"n": Decimal("1")}}
    ),
    "chat request": ChatRequestEvent(
        id=UUID(int=3), model="m", messages=[ChatMessage(content="hello")]
    ),
    "chat response": ChatResponseEvent(
        id=UUID(int=4),
        request_id=UUID(int=3),
        response=ChatMessage(
            role=MessageRole.ASSISTANT,
            content="",
            tool_calls=[{"id": "c", "function": {"name": "weigh", "arguments": {"n": 1}}}],
            extra_args={"promptTokens": 1},
        ),
    ),
    "tool request": ToolRequestEvent(
        id=UUID(int=5), model="m", tool_calls=[{"id": "c", "function": {"name": "weigh"}}]
    ),
    "tool response": ToolResponseEvent(
        id=UUID(int=6),
        request_id=UUID(int=5),
        responses={UUID(int=7): (1, 2)},
        external_ids={UUID(int=7): "x"},
    ),
}


def _busy(numbered: bool) -> KeyState:
    """A key with a journal, a retry that waits, a task that waits for its turn, and a queue."""
    asked = Task(3, "ask", InputEvent(id=UUID(int=1), input=ORDER), 2, None, True, path="0")
    asked.journal += [
        JournalEntry("shop.find", "d1", 1, True, {"$": "tuple", "v": [1, 2]}),
        JournalEntry("shop.check", "d2#1", 2, False, ["builtins.ValueError", "no"]),
    ]
    waits = Task(5, "use", Wanted(id=UUID(int=2), order=ORDER), 3, 1.5, True, path="0.1.0")
    next_one = Task(6, "use too", Wanted(id=UUID(int=2), order=ORDER), path="0.1.1")
    tasks = {task.id: task for task in (asked, waits, next_one)}
    run = Run(ORDER, 1_700_000_000_000, tasks, 7, {"a": '"x"'})
    if numbered:
        run.number = 12
        asked.journal.append(JournalEntry("shop.sell", "d3", 2, True, "sold", recalled=True))
    else:
        for task in tasks.values():
            task.path = ""
    return KeyState(run, 4, 6, run.number)


#: By name: states of keys.
STATES: dict[str, KeyState] = {
    "nothing": KeyState(),
    "only waiting": KeyState(None, 2, 5),
    "busy": _busy(numbered=False),
    "with a durable journal": _busy(numbered=True),
    "only a number of runs": KeyState(None, 0, 0, 41),
}

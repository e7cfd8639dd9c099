"""What users may change in their classes and agents, as docs/state.md has it."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from flink_agents.api.events.event import InputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.inputs import Restored
from flink_agents.engine.state import load_state
from flink_agents.engine.step import Engine
from flink_agents.exceptions import StateFormatError
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from tests.unit.engine.keys import started


class Before(BaseModel):
    name: str
    size: int


@dataclass
class DataBefore:
    name: str


class TupleBefore(NamedTuple):
    x: int


class ColorBefore(enum.Enum):
    RED = 1


def read_as(value: Any, now: type) -> Any:
    """What state has of a value, read by a job that has another class under its name."""
    text = Codec({"shop:Thing": type(value)}).dumps(value)
    assert '"c":"shop:Thing"' in text
    return Codec({"shop:Thing": now}).loads(text)


def test_a_field_more_has_its_default() -> None:
    class After(Before):
        color: str = "red"

    @dataclass
    class DataAfter:
        name: str
        color: str = "red"

    assert read_as(Before(name="a", size=1), After) == After(name="a", size=1)
    assert read_as(DataBefore("a"), DataAfter) == DataAfter("a", "red")


def test_a_field_more_without_a_default_is_missing() -> None:
    class After(Before):
        color: str

    @dataclass
    class DataAfter:
        name: str
        color: str

    for read in (read_as(Before(name="a", size=1), After), read_as(DataBefore("a"), DataAfter)):
        assert read.name == "a"
        with pytest.raises(AttributeError):
            _ = read.color


def test_a_field_that_was_removed_is_dropped() -> None:
    class After(BaseModel):
        name: str

    @dataclass
    class DataAfter:
        pass

    read = read_as(Before(name="a", size=1), After)
    assert read == After(name="a")
    assert not hasattr(read, "size")
    assert read_as(DataBefore("a"), DataAfter) == DataAfter()


def test_a_field_of_another_type_keeps_the_value_that_state_has() -> None:
    class After(BaseModel):
        name: str
        size: str

    assert read_as(Before(name="a", size=1), After).size == 1


def test_a_named_tuple_may_get_fields_with_defaults_at_its_end() -> None:
    class After(NamedTuple):
        x: int
        y: int = 5

    class TooMuch(NamedTuple):
        x: int
        y: int

    assert read_as(TupleBefore(1), After) == After(1, 5)
    with pytest.raises(StateFormatError):
        read_as(TupleBefore(1), TooMuch)


def test_a_member_of_an_enum_is_found_by_its_name_or_by_an_alias() -> None:
    class After(enum.Enum):
        CRIMSON = 1

    class WithAlias(enum.Enum):
        CRIMSON = 1
        RED = 1

    assert read_as(ColorBefore.RED, WithAlias) is WithAlias.CRIMSON
    with pytest.raises(StateFormatError, match="RED"):
        read_as(ColorBefore.RED, After)


#: What the class below was called once.
OldName = Before


def test_a_class_that_was_renamed_is_found_by_an_alias_and_else_named() -> None:
    text = json.dumps({"$": "model", "c": f"{__name__}:OldName", "v": {"name": "a", "size": 1}})
    assert Codec().loads(text) == Before(name="a", size=1)
    with pytest.raises(StateFormatError, match=r"Gone'.* Keep it importable under its old name"):
        Codec().loads(text.replace("OldName", "Gone"))


#: The example of docs/state.md.
EXAMPLE = (
    '{"v":1,"q":[0,1],"run":{"value":"ring","ts":null,"next":1,"sensory":{},"tasks":[[0,"ask",'
    '{"$":"model","c":"flink_agents.api.events.event:InputEvent","v":{"id":{"$":"uuid","v":'
    '"00000000000000000000000000000001"},"input":"ring"}},2,null,true,'
    '[["shop.find","d41d8cd98f00b204",1,true,{"$":"decimal","v":"1.50"}]]]]}}'
)


def test_an_agent_with_an_action_more_goes_on_with_what_is_open() -> None:
    plan = AgentPlan(
        "Shop",
        tuple(ActionSpec(name, lambda event, ctx: None, (InputEvent,)) for name in ("new", "ask")),
        {},
    )
    state = load_state(EXAMPLE, Codec())
    assert started(Engine(plan).step(state, Restored())) == [(0, "ask", 2)]

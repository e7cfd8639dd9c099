"""The plan carries the classes that a worker could not import."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

import pytest
from pydantic import BaseModel

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.engine.codec import Codec
from flink_agents.plan.compile import compile_agent
from flink_agents.plan.data_types import is_data_type, type_name
from flink_agents.plan.travelled_classes import mend_dataclass
from tests.unit.plan.agents import Connection, Started


class Importable(BaseModel):
    n: int


@dataclasses.dataclass
class Size:
    n: int
    tags: list[str] = dataclasses.field(default_factory=list)
    total: int = 5
    kind: dataclasses.InitVar[int] = 0


def make_model(name: str) -> type[BaseModel]:
    """A class that cannot be imported."""

    class Local(BaseModel):
        n: int = 0

    Local.__qualname__ = f"make_model.<locals>.{name}"
    return Local


def found(agent: Agent) -> set[str]:
    return {name.rpartition(".")[2] for name in compile_agent(agent).data_types}


def reading(func: Callable[..., Any], trigger: Any = InputEvent, **config: Any) -> Agent:
    return Agent().add_action("read", [trigger], func, **config)


def test_classes_that_can_be_imported_are_not_carried() -> None:
    def act(event: Started, ctx: Any) -> None:
        print(Importable, Size)

    agent = Agent().add_action("read", [InputEvent], act).add_action("use", [Started], act)
    assert found(agent) == set()


def test_local_classes_are_found_in_annotations_also_in_quoted_and_nested_ones() -> None:
    Direct, Listed, Maybe, Keyed = (make_model(n) for n in ("Direct", "Listed", "Maybe", "Keyed"))

    def act(event: InputEvent, ctx: Any) -> None:
        def inner() -> None:
            print(Direct, Listed, Maybe, Keyed)

    act.__annotations__ = {
        "event": Direct,
        "a": list[Listed],
        "b": Optional[Maybe],  # noqa: UP045
        "return": dict[str, tuple[Keyed, ...]],
    }
    assert found(reading(act)) == {"Direct", "Listed", "Maybe", "Keyed"}


def test_local_classes_are_found_in_quoted_annotations() -> None:
    class Quoted(BaseModel):
        n: int

    def act(event: InputEvent, ctx: list[Quoted] | None) -> None:
        print(Quoted)

    assert found(reading(act)) == {"Quoted"}


def test_local_classes_are_found_in_what_an_action_closes_over() -> None:
    Closed, Deep = make_model("Closed"), make_model("Deep")
    table = [(Deep,)]

    def helper() -> Any:
        return Closed(n=1)

    def act(event: InputEvent, ctx: Any) -> None:
        print(helper(), table)

    assert found(reading(act)) == {"Closed", "Deep"}


def test_local_classes_are_found_in_fields_bases_and_methods_of_others() -> None:
    class Color(enum.Enum):
        RED = 1

    class Pair(NamedTuple):
        a: int

    class Made(BaseModel):
        n: int

    class Shown(BaseModel):
        n: int

    @dataclasses.dataclass
    class Leaf:
        color: Any

    Leaf.__annotations__["color"] = Color

    class Base(BaseModel):
        pairs: list[Pair]

    class Outer(Base):
        leaf: Leaf  # whose class is quoted, as all annotations here are
        again: Outer | None = None

        @staticmethod
        def make() -> Any:
            return Made(n=1)

        @property
        def shown(self) -> Any:
            return Shown(n=1)

    def act(event: InputEvent, ctx: Any) -> None:
        print(Outer)

    assert found(reading(act)) == {"Color", "Pair", "Made", "Shown", "Leaf", "Base", "Outer"}


def test_local_events_tools_settings_and_resources_are_searched_too() -> None:
    class Sent(Event):
        n: int = 0

    Setting, Result, Option = (make_model(name) for name in ("Setting", "Result", "Option"))

    class LocalServer(Connection):
        def result(self) -> Any:
            return Option(n=1)

    def add(a: int) -> Any:
        """Add."""
        return Result(n=a)

    def act(event: Any, ctx: Any) -> None: ...

    agent = reading(act).add_action("sent", [Sent], act, setting=Setting)
    agent.add_resource("add", ResourceType.TOOL, Tool.from_callable(add))
    server = ResourceDescriptor(clazz=LocalServer)
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, server)
    assert {"Sent", "Setting", "Result", "Option"} <= found(agent)


def test_functions_that_refer_to_each_other_are_searched_once() -> None:
    Local = make_model("Local")

    def even(n: int) -> bool:
        return n == 0 or odd(n - 1)

    def odd(n: int) -> bool:
        return n != 0 and even(n - 1)

    def act(event: Any, ctx: Any) -> None:
        print(even(4), Local)

    assert found(reading(act)) == {"Local"}


def test_a_name_that_has_no_value_yet_is_no_error() -> None:
    def act(event: Any, ctx: Any) -> None:
        print(later)

    assert found(reading(act)) == set()
    later = 5


def test_what_the_plan_carries_can_be_kept_in_state() -> None:
    class Local(BaseModel):
        n: int

    def act(event: Any, ctx: Any) -> None:
        print(Local)

    codec = Codec(compile_agent(reading(act)).data_types)
    assert codec.loads(codec.dumps([Local(n=1)])) == [Local(n=1)]


@pytest.mark.parametrize(
    ("cls", "is_data"),
    [
        (Importable, True),
        (Size, True),
        (ResourceType, True),
        (InputEvent, True),
        (int, False),
        (dict, False),
        (tuple, False),
        (Codec, False),
        (ValueError, False),
    ],
)
def test_data_types_are_models_dataclasses_enums_and_named_tuples(cls: type, is_data: bool) -> None:
    assert is_data_type(cls) is is_data


def test_the_name_of_a_class_tells_module_and_qualified_name() -> None:
    assert type_name(Importable) == f"{__name__}:Importable"


def test_a_dataclass_whose_marks_were_copied_knows_its_fields_again() -> None:
    """As it comes out of a pickle by value, where no mark is the one it was."""

    @dataclasses.dataclass
    class Local:
        n: int
        tags: list[str] = dataclasses.field(default_factory=list)
        kind: dataclasses.InitVar[int] = 0

    copy_of_missing: Any = type(dataclasses.MISSING)
    for field in vars(Local)["__dataclass_fields__"].values():
        field._field_type = type(field._field_type)(repr(field._field_type))
        for name in ("default", "default_factory"):
            if getattr(field, name) is dataclasses.MISSING:
                setattr(field, name, copy_of_missing())
    assert dataclasses.fields(Local) == ()
    mend_dataclass(Local)
    assert [field.name for field in dataclasses.fields(Local)] == ["n", "tags"]
    assert dataclasses.fields(Local)[0].default is dataclasses.MISSING
    assert dataclasses.fields(Local)[1].default_factory is list
    before = dataclasses.fields(Size)
    mend_dataclass(Size)
    mend_dataclass(Importable)
    assert dataclasses.fields(Size) == before

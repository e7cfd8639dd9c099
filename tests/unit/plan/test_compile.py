"""An agent's class, its bases and what was added to it become one plan."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle  # pyright: ignore[reportMissingTypeStubs]
import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.decorators import (
    action,
    chat_model_connection,
    chat_model_setup,
    prompt,
    tool,
)
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import DuplicateNameError, PlanError, ResourceTypeError
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from flink_agents.plan.compile import compile_agent
from tests.unit.plan.agents import Connection, Setup, Started


class Base(Agent):
    @chat_model_connection
    @staticmethod
    def server() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Connection, host="base")

    @action(InputEvent)
    @staticmethod
    def read(event: InputEvent, ctx: RunnerContext) -> None:
        """Read."""

    @action(Started, "started by name")
    @staticmethod
    async def use(event: Event, ctx: RunnerContext) -> None:
        """Use."""


class Child(Base):
    @chat_model_connection
    @staticmethod
    def server() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Connection, host="child")

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Setup, connection="server", prompt="words", tools=["add"])

    @prompt
    @staticmethod
    def words() -> Prompt:
        return Prompt.from_text("hi")

    @tool
    @staticmethod
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    @action(Started)
    @staticmethod
    async def use(event: Event, ctx: RunnerContext) -> None:
        """Use in another way."""

    @action(OutputEvent)
    @staticmethod
    def last(event: OutputEvent, ctx: RunnerContext) -> None:
        """Watch."""


def names(plan: AgentPlan) -> list[str]:
    return [action.name for action in plan.actions]


def host(plan: AgentPlan, name: str = "server") -> str:
    found = plan.resources[ResourceType.CHAT_MODEL_CONNECTION, name]
    assert isinstance(found, ResourceDescriptor)
    return found.arguments["host"]


def test_actions_and_resources_of_base_classes_belong_to_the_agent() -> None:
    plan = compile_agent(Child())
    assert plan.agent == "Child"
    assert names(plan) == ["read", "use", "last"]
    assert set(plan.resources) == {
        (ResourceType.CHAT_MODEL_CONNECTION, "server"),
        (ResourceType.CHAT_MODEL, "model"),
        (ResourceType.PROMPT, "words"),
        (ResourceType.TOOL, "add"),
    }


def test_what_a_subclass_overrides_counts_once_as_the_override() -> None:
    base, child = compile_agent(Base()), compile_agent(Child())
    assert host(base) == "base"
    assert host(child) == "child"
    assert base.actions_by_name["use"].triggers == (Started, "started by name")
    assert child.actions_by_name["use"].triggers == (Started,)
    assert child.actions_by_name["use"].func is Child.use


def test_what_a_subclass_overrides_by_something_else_is_gone() -> None:
    class Quiet(Base):
        use = None  # type: ignore[assignment]

    assert names(compile_agent(Quiet())) == ["read"]


def test_actions_are_found_through_several_bases() -> None:
    class Other(Agent):
        @action(Started)
        @staticmethod
        def other(event: Event, ctx: RunnerContext) -> None: ...

    class Both(Child, Other): ...

    assert set(names(compile_agent(Both()))) == {"read", "use", "last", "other"}


@pytest.mark.parametrize("order", ["action first", "staticmethod first", "plain method"])
def test_actions_may_be_static_either_way_round_or_methods(order: str) -> None:
    def body(*given: Any) -> int:
        return len(given)

    class Some(Agent):
        if order == "action first":
            act = action(InputEvent)(staticmethod(body))
        elif order == "staticmethod first":
            act = staticmethod(action(InputEvent)(body))
        else:
            act = action(InputEvent)(body)

    (spec,) = compile_agent(Some()).actions
    assert spec.func(None, None) == (3 if order == "plain method" else 2)


def test_added_actions_come_after_declared_ones_and_built_in_ones_last() -> None:
    def added(event: Event, ctx: RunnerContext) -> None: ...

    agent = Base().add_action("added", [Started, "_input_event"], added, limit=5)
    built_in = ActionSpec("built in", added, (Started,), concurrent=True)
    plan = compile_agent(agent, built_in_actions=[built_in])
    assert names(plan) == ["read", "use", "added", "built in"]
    spec = plan.actions_by_name["added"]
    assert spec.func is added
    assert spec.triggers == (Started, InputEvent)
    assert spec.config == {"limit": 5}
    assert not spec.concurrent
    assert plan.actions_by_name["built in"].concurrent


def test_actions_know_whether_they_are_async() -> None:
    class Callable:
        async def __call__(self, event: Event, ctx: RunnerContext) -> None: ...

    agent = Base().add_action("callable", [Started], Callable())
    plan = compile_agent(agent)
    assert [spec.is_async for spec in plan.actions] == [False, True, True]


def test_agents_do_not_share_what_is_added_to_them() -> None:
    first, second = Base(), Base()
    first.add_action("added", [Started], Base.use)
    assert "added" not in names(compile_agent(second))


def test_an_agent_whose_constructor_does_not_call_its_base_s_works() -> None:
    class Own(Base):
        def __init__(self) -> None:
            pass

    agent = Own().add_action("added", [Started], Base.use)
    assert names(compile_agent(agent)) == ["read", "use", "added"]


def test_resources_of_the_environment_are_the_agent_s_too() -> None:
    shared = {
        ResourceType.CHAT_MODEL_CONNECTION: {
            "shared": ResourceDescriptor(clazz=Connection, host="e")
        }
    }
    agent = Base().add_resource(
        "model", ResourceType.CHAT_MODEL, ResourceDescriptor(clazz=Setup, connection="shared")
    )
    assert host(compile_agent(agent, shared), "shared") == "e"


def test_resources_of_different_types_may_have_the_same_name() -> None:
    agent = Base()
    agent.add_resource("server", ResourceType.PROMPT, Prompt.from_text("x"))
    assert len(compile_agent(agent).resources) == 2


@pytest.mark.parametrize("where", ["agent", "environment"])
def test_a_name_that_is_declared_twice_is_refused_and_named(where: str) -> None:
    again = ResourceDescriptor(clazz=Connection)
    agent, shared = Base(), {}
    if where == "agent":
        agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, again)
    else:
        shared = {ResourceType.CHAT_MODEL_CONNECTION: {"server": again}}
    with pytest.raises(DuplicateNameError) as raised:
        compile_agent(agent, shared)
    for part in ("'Base'", "chat_model_connection 'server'", "more than once", "another name"):
        assert part in str(raised.value)


@pytest.mark.parametrize("name", ["read", "built in"])
def test_an_action_name_that_is_taken_is_refused_and_named(name: str) -> None:
    agent = Base().add_action(name, [Started], Base.use)
    built_in = ActionSpec("built in", Base.use, (Started,), concurrent=True)
    with pytest.raises(DuplicateNameError) as raised:
        compile_agent(agent, built_in_actions=[built_in])
    assert f"'Base', action {name!r}" in str(raised.value)
    assert "Give it another name" in str(raised.value)


def test_adding_a_name_twice_is_refused_at_once() -> None:
    agent = Base().add_action("a", [Started], Base.use)
    with pytest.raises(ValueError, match="already has an action 'a'"):
        agent.add_action("a", [Started], Base.use)
    agent.add_resource("p", ResourceType.PROMPT, Prompt.from_text("x"))
    with pytest.raises(ValueError, match="already is a prompt 'p'"):
        agent.add_resource("p", ResourceType.PROMPT, Prompt.from_text("x"))
    with pytest.raises(TypeError, match=r"'q' must be a ResourceDescriptor.*not str"):
        agent.add_resource("q", ResourceType.PROMPT, "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'n' listens to no event"):
        agent.add_action("n", [], Base.use)
    with pytest.raises(TypeError, match="not to 5"):
        agent.add_action("n", [5], Base.use)  # type: ignore[list-item]


def test_a_resource_method_that_raises_is_named_with_what_it_raised() -> None:
    class Broken(Base):
        @chat_model_setup
        @staticmethod
        def model() -> ResourceDescriptor:
            raise RuntimeError("no luck")

    with pytest.raises(PlanError, match=r"'Broken', chat_model 'model'.*RuntimeError: no luck"):
        compile_agent(Broken())


def test_a_resource_method_that_takes_arguments_is_told_so() -> None:
    class Broken(Base):
        @chat_model_setup
        @staticmethod
        def model(name: str) -> ResourceDescriptor:
            raise AssertionError

    with pytest.raises(PlanError, match=r"'model'.*called without arguments.*@staticmethod"):
        compile_agent(Broken())


def test_a_resource_method_that_returns_something_else_is_named_with_what_it_returned() -> None:
    class Broken(Base):
        @prompt
        @staticmethod
        def words() -> Any:
            return "hi"

    with pytest.raises(ResourceTypeError, match=r"prompt 'words'.*returned str\. Return.*Prompt"):
        compile_agent(Broken())


def test_tools_are_made_of_functions() -> None:
    found = compile_agent(Child()).resources[ResourceType.TOOL, "add"]
    assert isinstance(found, FunctionTool)
    assert found.call(a=1, b=2) == 3


def test_a_plan_is_the_same_after_it_has_travelled_whether_used_before_or_not() -> None:
    plan = compile_agent(Child())
    for _ in range(2):
        travelled = pickle.loads(cloudpickle.dumps(plan))
        assert names(travelled) == names(plan)
        assert travelled.resources.keys() == plan.resources.keys()
        assert [s.name for s in travelled.listeners(Started())] == ["use"]
        plan.listeners(Started())  # fills what it remembers
        assert plan.actions_by_name


_SCRIPT = """
from __future__ import annotations
import dataclasses, enum, sys
from typing import NamedTuple
import cloudpickle
from pydantic import BaseModel
from flink_agents.api.agents.agent import Agent
from flink_agents.api.decorators import action, tool
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.engine.codec import Codec
from flink_agents.plan.compile import compile_agent

class Line(BaseModel):
    n: int

class Color(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Order:
    lines: list[Line]
    color: Color
    note: list[Note] | None = None

class Note(BaseModel):
    text: str

class Pair(NamedTuple):
    a: int
    b: int

class Placed(Event):
    order: Order

def helper(n):
    return Pair(n, n)

def make():
    class Local(BaseModel):
        n: int
    def act(event: Placed, ctx) -> None:
        ctx.send_event(OutputEvent(output=[Local(n=1), helper(2), event.order]))
    return act

class Script(Agent):
    @action(InputEvent)
    @staticmethod
    def read(event: InputEvent, ctx) -> None:
        ctx.send_event(Placed(order=Order([Line(n=1)], Color.RED)))

agent = Script().add_action("act", [Placed], make())
plan = compile_agent(agent)
sent = []
class Ctx:
    def send_event(self, event):
        sent.append(event)
plan.actions[0].func(InputEvent(input=1), Ctx())
plan.actions[1].func(sent[0], Ctx())
text = Codec(plan.data_types).dumps(sent)
with open(sys.argv[1], "wb") as file:
    file.write(cloudpickle.dumps((plan, text)))
"""

_WORKER = """
import dataclasses, pickle, sys
from flink_agents.api.events.event import InputEvent
from flink_agents.engine.codec import Codec
with open(sys.argv[1], "rb") as file:
    plan, text = pickle.load(file)
sent = []
class Ctx:
    def send_event(self, event):
        sent.append(event)
plan.actions[0].func(InputEvent(input=1), Ctx())
plan.actions[1].func(sent[0], Ctx())
stored = Codec(plan.data_types).loads(text)
shown = dataclasses.asdict(stored[0].order)
assert list(shown) == ["lines", "color", "note"], shown
again = Codec(plan.data_types)
assert again.dumps(again.loads(text)) == text
for event in (*sent, *stored):
    event.id = None
assert stored == sent, (stored, sent)
assert type(stored[0]) is type(sent[0])
assert [s.name for s in plan.listeners(stored[0])] == ["act"]
print(sorted(name.rpartition(":")[2] for name in plan.data_types))
"""


def test_classes_of_the_script_and_of_functions_are_found_again_in_another_process(
    tmp_path: Path,
) -> None:
    """What the script has put into state, a worker reads back as the classes of its own plan."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for name, source in (("script.py", _SCRIPT), ("worker.py", _WORKER)):
        (tmp_path / name).write_text(source)
        done = subprocess.run(
            [sys.executable, str(tmp_path / name), str(tmp_path / "plan")],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.split("'")[1::2] == [
        "Color", "Line", "Note", "Order", "Pair", "Placed", "make.<locals>.Local"
    ]  # fmt: skip

"""Generated agent programs: what their actions call, write and send, as plain data.

An action hears the events of one level and sends events of higher levels only, so every run
ends. What an action sends is a digest of all that it has seen: a call that is repeated, lost or
answered by another one changes everything that follows from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan

LEVELS = 3


@dataclass(frozen=True)
class Call:
    """A durable call.

    Attributes:
        fails: It raises in attempts up to this one.
        caught: The action goes on when it raises.
        alike: Its arguments do not tell which chain makes it.
    """

    fails: int = 0
    caught: bool = False
    alike: bool = False


@dataclass(frozen=True)
class ActionProgram:
    """What an action does: its calls, then its writes, then its sends, then perhaps it raises.

    Attributes:
        kind: ``"sync"``, ``"async"`` or ``"built-in"``, which is async, runs beside the others
            and has no memory.
        hears: Level of the events that start it; 0 are the input elements.
        chains: Calls. Those of a chain need the result of the one before; chains run side by side.
        sends: Levels of the events that it sends.
        outputs: Number of outputs.
        remembers: Writes short-term memory.
        senses: Writes sensory memory.
        fails: It raises at its end in attempts up to this one.
    """

    kind: str = "sync"
    hears: int = 0
    chains: tuple[tuple[Call, ...], ...] = ()
    sends: tuple[int, ...] = ()
    outputs: int = 1
    remembers: bool = False
    senses: bool = False
    fails: int = 0


@dataclass(frozen=True)
class Program:
    """An agent and its input.

    Attributes:
        actions: The actions.
        elements: Key of each input element, and whether there is room for it when it arrives.
        strategy: What is done about errors.
        pure: Actions look neither at memory nor at which call was answered first, so the outcome
            does not depend on the schedule.
        schedule: Seed of the order in which things happen.
    """

    actions: tuple[ActionProgram, ...]
    elements: tuple[tuple[str, bool], ...]
    strategy: ErrorHandlingStrategy = ErrorHandlingStrategy.FAIL
    pure: bool = False
    schedule: int = 0

    def plan(self) -> AgentPlan:
        """The program as an agent."""
        specs = tuple(
            ActionSpec(
                f"action {number}",
                _never_called,
                (InputEvent,) if action.hears == 0 else (event_name(action.hears),),
                concurrent=action.kind == "built-in",
            )
            for number, action in enumerate(self.actions)
        )
        return AgentPlan("Generated", specs, {})

    def action(self, name: str) -> ActionProgram:
        """The action of that name in the plan."""
        return self.actions[int(name.removeprefix("action "))]

    def is_heard(self, level: int) -> bool:
        """Whether an action hears the events of a level."""
        return any(action.hears == level for action in self.actions)


def event_name(level: int) -> str:
    """The type of the events of a level."""
    return f"level {level}"


def trail_of(event: Event) -> str:
    """What has led to an event."""
    return str(event.input["n"]) if isinstance(event, InputEvent) else event.get_attr("trail")


def digest(*parts: Any) -> str:
    """A short text that differs whenever a part does."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def _never_called(event: Event, ctx: Any) -> None:
    raise AssertionError("the engine never calls actions itself")


def calls() -> st.SearchStrategy[Call]:
    """Calls, most of which succeed."""
    return st.builds(
        Call, fails=st.sampled_from([0, 0, 0, 1, 2]), caught=st.booleans(), alike=st.booleans()
    )


@st.composite
def _actions(draw: Callable[..., Any], hears: int) -> ActionProgram:
    kind = draw(st.sampled_from(["sync", "async", "built-in"]))
    chain = st.lists(calls(), max_size=2).map(tuple)
    higher = range(hears + 1, LEVELS)
    return ActionProgram(
        kind=kind,
        hears=hears,
        chains=draw(st.lists(chain, max_size=3).map(tuple)),
        sends=tuple(draw(st.lists(st.sampled_from(higher), max_size=2))) if higher else (),
        outputs=draw(st.integers(0, 2)),
        remembers=kind != "built-in" and draw(st.booleans()),
        senses=kind != "built-in" and draw(st.booleans()),
        fails=draw(st.sampled_from([0, 0, 0, 0, 1, 2, 9])),
    )


@st.composite
def programs(draw: Callable[..., Any], pure: bool | None = None) -> Program:
    """Programs of one to four actions and one to four elements of two keys."""
    levels = [0, *draw(st.lists(st.sampled_from(range(LEVELS)), max_size=3))]
    element = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([True, True, False]))
    return Program(
        actions=tuple(draw(_actions(level)) for level in levels),
        elements=tuple(draw(st.lists(element, min_size=1, max_size=4))),
        strategy=draw(st.sampled_from(ErrorHandlingStrategy)),
        pure=draw(st.booleans()) if pure is None else pure,
        schedule=draw(st.integers(0, 2**16)),
    )

"""Generated agent programs: what their actions call, write and send, as plain data.

An action hears the events of one level and sends events of higher levels only, so every run
ends. What an action sends is a digest of all that it has seen: a call that is repeated, lost or
answered by another one changes everything that follows from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
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
        alike: The first call of its chain, its arguments do not tell which chain makes it. (Of
            later ones, which asks first may differ on replay, so that their answers are swapped.)
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
    """What has led to an event: the number of the input element, then a digest."""
    return str(event.input["n"]) if isinstance(event, InputEvent) else event.get_attr("trail")


def digest(*parts: Any) -> str:
    """A short text that differs whenever a part does."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def _never_called(event: Event, ctx: Any) -> None:
    raise AssertionError("the engine never calls actions itself")


class _Choices:
    """Decisions read from bytes: quick to draw, and zero bytes make the simplest program."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def up_to(self, most: int) -> int:
        return next(self._data, 0) % (most + 1)

    def one_of(self, *options: Any) -> Any:
        return options[self.up_to(len(options) - 1)]

    def some(self, most: int, make: Callable[[], Any]) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.up_to(most)))


def programs(*, pure: bool = False) -> st.SearchStrategy[Program]:
    """Programs of one to four actions and one to three elements of two keys."""
    return st.binary(min_size=96, max_size=96).map(lambda data: program_of(data, pure))


def program_of(data: bytes, pure: bool = False) -> Program:
    """The program that some bytes stand for."""
    choose = _Choices(data)
    strategy = choose.one_of(*ErrorHandlingStrategy)
    elements = [(choose.one_of("a", "b"), choose.one_of(True, True, False))]
    elements += choose.some(2, lambda: (choose.one_of("a", "b"), choose.one_of(True, True, False)))
    levels = [0, *choose.some(3, lambda: choose.up_to(LEVELS - 1))]
    actions = tuple(_action(choose, level) for level in levels)
    return Program(
        actions=tuple(_without_races(a, strategy) for a in actions) if pure else actions,
        elements=tuple(elements),
        strategy=strategy,
        pure=pure,
        schedule=choose.up_to(255),
    )


def _action(choose: _Choices, hears: int) -> ActionProgram:
    kind = choose.one_of("sync", "async", "built-in")
    higher = range(hears + 1, LEVELS)

    def call() -> Call:
        flag = lambda: choose.one_of(False, True)  # noqa: E731
        return Call(fails=choose.one_of(0, 0, 0, 1, 2), caught=flag(), alike=flag())

    return ActionProgram(
        kind=kind,
        hears=hears,
        chains=choose.some(2, lambda: choose.some(2, call)),
        sends=choose.some(2 if hears == 0 else 1, lambda: choose.one_of(*higher)) if higher else (),
        outputs=choose.one_of(1, 0, 2),
        remembers=kind != "built-in" and choose.one_of(False, True),
        senses=kind != "built-in" and choose.one_of(False, True),
        fails=choose.one_of(0, 0, 0, 0, 1, 2, 9),
    )


def _without_races(action: ActionProgram, strategy: ErrorHandlingStrategy) -> ActionProgram:
    """The action, failing only where what it has done by then does not depend on the schedule."""
    calls = [call for chain in action.chains for call in chain]
    steady = action.fails == 0 and all(call.caught for call in calls)
    chains = tuple(
        tuple(call if steady else replace(call, fails=0) for call in chain)
        for chain in action.chains
    )
    tolerated = {
        ErrorHandlingStrategy.FAIL: 0,
        ErrorHandlingStrategy.RETRY: 2,
        ErrorHandlingStrategy.IGNORE: 9,
        ErrorHandlingStrategy.DEAD_LETTER: 9,
    }
    return replace(action, chains=chains, fails=min(action.fails, tolerated[strategy]))

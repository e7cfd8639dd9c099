"""An engine with the state of one key, and an agent for it."""

from __future__ import annotations

import re
from typing import Any

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.effects import (
    Effect,
    RunAction,
)
from flink_agents.engine.inputs import (
    ActionFailed,
    ActionFinished,
    ActionResult,
    ElementArrived,
    Input,
    Restored,
)
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import JournalEntry, KeyState, dump_state, load_state
from flink_agents.engine.step import Engine
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan


class First(Event):
    n: int = 0


class Second(First):
    """Heard by those who listen to First, too."""


class Lookup(Event):
    """Heard by a built-in action."""


def action(name: str, *triggers: Any, concurrent: bool = False) -> ActionSpec:
    return ActionSpec(name, lambda event, ctx: None, triggers, concurrent=concurrent)


def plan(*actions: ActionSpec) -> AgentPlan:
    return AgentPlan("Reader", actions, {})


STANDARD = plan(
    action("read", InputEvent),
    action("use", First),
    action("use too", First),
    action("look up", Lookup, concurrent=True),
    action("ask", ChatRequestEvent, concurrent=True),
    action("hear", ChatResponseEvent),
)
RETRY = ErrorPolicy(ErrorHandlingStrategy.RETRY, max_retries=2, wait=1.0, max_wait=60.0)
BOOM = ValueError("boom")


class Key:
    """An engine with the state of one key."""

    def __init__(self, of: AgentPlan = STANDARD, policy: ErrorPolicy | None = None) -> None:
        self.engine = Engine(of, policy)
        self.state = KeyState()

    @property
    def run(self) -> int:
        """Number of the run under way, or of the last one."""
        return self.state.runs

    def feed(self, given: Input) -> list[Effect]:
        return self.engine.step(self.state, given)

    def arrive(self, value: Any = "x", timestamp: int | None = None) -> list[Effect]:
        return self.feed(ElementArrived(value, timestamp))

    def finish(self, task: int, *events: Event, attempt: int = 1, **result: Any) -> list[Effect]:
        return self.feed(
            ActionFinished(self.run, task, attempt, ActionResult(list(events), **result))
        )

    def fail(self, task: int, attempt: int = 1, error: Exception = BOOM) -> list[Effect]:
        return self.feed(ActionFailed(self.run, task, attempt, error))

    def restored(self) -> tuple[Key, list[Effect]]:
        """The key as it comes back from a checkpoint, and what is done first."""
        again = Key()
        again.engine = self.engine
        again.state = load_state(dump_state(self.state, Codec()), Codec())
        return again, again.feed(Restored())


def case_name(value: Any) -> str:
    """What a test case is called by its value: without the ids of events, which are random."""
    return re.sub(r"\bid=UUID\('[^']*'\), ", "", repr(value))


def named(name: str, of: type[Event] = Event) -> Event:
    return of.model_validate({"type": name, "attributes": {"n": 1}})


def started(effects: list[Effect]) -> list[tuple[int, str, int]]:
    return [(e.task, e.action, e.attempt) for e in effects if isinstance(e, RunAction)]


def entry(call: str, attempt: int = 1, ok: bool = True) -> JournalEntry:
    return JournalEntry(call, f"digest of {call}", attempt, ok, "value")

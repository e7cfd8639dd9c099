"""Rules of the runtime that can be broken, to see that tests which rely on them turn red.

===========  ======================================================================================
``journal``  an action that runs again after a restore is not told what was finished
``lease``    the timers that find restored keys with open work find nothing
``order``    the elements of a key run side by side
``twice``    each outcome comes twice; this alone must do no harm
``dedup``    each outcome comes twice, and an outcome that nobody waits for any more is applied
===========  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flink_agents.engine.inputs import ActionFinished, Input
from flink_agents.engine.journal import TaskJournal
from flink_agents.engine.state import KeyState
from flink_agents.engine.step import Engine
from flink_agents.runtime.agent_runner import AgentRunner
from flink_agents.runtime.background import Background, Outcome

RULES = ("journal", "lease", "order", "twice", "dedup")

_patched: set[str] = set()


def patch(rule: str, broken: Callable[[], str]) -> None:
    """Patch the product in this process so that a rule does not hold.

    Args:
        rule: The rule.
        broken: Gives the rule that is broken in the job that runs now, empty if none is.
    """
    if rule in _patched:
        return
    _patched.add(rule)
    patches = {"journal": _journal, "lease": _lease, "order": _order}
    if rule in patches:
        patches[rule](lambda: broken() == rule)
    else:
        _twice(lambda: broken() == rule)
    if rule == "dedup":
        _dedup(lambda: broken() == rule)


def _journal(is_broken: Callable[[], bool]) -> None:
    known = TaskJournal.__init__

    def forgetful(self: TaskJournal, action: str, entries: Any, attempt: int) -> None:
        known(self, action, () if is_broken() else entries, attempt)

    TaskJournal.__init__ = forgetful


def _lease(is_broken: Callable[[], bool]) -> None:
    from flink_agents.runtime.flink.host import FlinkHost

    on_lease = FlinkHost._on_lease

    def finds_nothing(self: FlinkHost, key: Any, timestamp: int) -> None:
        if not is_broken() or self._runner.is_open(key):
            on_lease(self, key, timestamp)

    FlinkHost._on_lease = finds_nothing


class _Alone(str):
    """A key that is no other's, whatever its text."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def _order(is_broken: Callable[[], bool]) -> None:
    element = AgentRunner.element

    def beside(self: AgentRunner, key: Any, *arguments: Any, stored: bool) -> None:
        if is_broken():
            element(self, _Alone(key), *arguments, stored=False)
        else:
            element(self, key, *arguments, stored=stored)

    AgentRunner.element = beside  # pyright: ignore[reportAttributeAccessIssue]


def _twice(is_broken: Callable[[], bool]) -> None:
    collect = Background.collect

    def collect_twice(self: Background[Any], wait: float = 0.0) -> Iterable[Outcome[Any]]:
        found = collect(self, wait)
        return [outcome for one in found for outcome in (one, one)] if is_broken() else found

    Background.collect = collect_twice  # pyright: ignore[reportAttributeAccessIssue]


def _dedup(is_broken: Callable[[], bool]) -> None:
    step, waited_for = Engine.step, {}

    def accept_all(self: Engine, state: KeyState, given: Input) -> Any:
        if is_broken() and isinstance(given, ActionFinished):
            known, run = (id(state), given.task), state.run
            if run is not None and given.task in run.tasks:
                waited_for[known] = run, run.tasks[given.task]
            elif known in waited_for:
                run, task = waited_for.pop(known)
                state.run = state.run or run
                state.run.tasks[task.id] = task
        return step(self, state, given)

    Engine.step = accept_all


__all__ = ["RULES", "patch"]

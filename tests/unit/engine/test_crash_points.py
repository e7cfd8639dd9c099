"""A crash after any step of any program changes nothing: not the outputs, not memory, not order.

And the checker can tell: it finds what goes wrong when the journal or the order per key is off.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from flink_agents.api.events.event import InputEvent
from flink_agents.engine.effects import Effect, ScheduleRetry
from flink_agents.engine.inputs import CallFinished, ElementArrived, Input, Restored
from flink_agents.engine.state import KeyState, Run
from flink_agents.engine.step import Engine, _run_action  # pyright: ignore[reportPrivateUsage]
from tests.unit.engine.programs import Program, program_of, programs
from tests.unit.engine.simulation import (
    Simulation,
    Violation,
    crash_after_each_step,
    crash_everywhere,
)

_thorough = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
_search = settings(_thorough, max_examples=2000, phases=[Phase.generate], database=None)


@pytest.mark.timeout(300)
@settings(_thorough, max_examples=1000)
@given(programs())
def test_a_crash_after_any_step_leaves_outcome_and_finished_calls_as_they_were(
    program: Program,
) -> None:
    assert crash_everywhere(program) > 0


@settings(_thorough, max_examples=200)
@given(programs(pure=True))
def test_a_crash_is_harmless_when_things_happen_in_another_order_after_it(
    program: Program,
) -> None:
    assert crash_everywhere(program, reschedule=True) > 0


@settings(_thorough, max_examples=300)
@given(programs())
def test_a_run_that_crashes_after_each_of_its_steps_ends_as_if_nothing_had_happened(
    program: Program,
) -> None:
    assert crash_after_each_step(program) > 0


@settings(_thorough, max_examples=200)
@given(programs(pure=True))
def test_the_schedule_changes_the_order_within_a_run_only(program: Program) -> None:
    first, second = Simulation(program), Simulation(program, schedule=program.schedule + 1)
    first.run()
    second.run()
    for name in first.keys:
        ours, theirs = first.keys[name].outputs, second.keys[name].outputs
        assert sorted(ours, key=repr) == sorted(theirs, key=repr)
    assert first.finished == second.finished


def test_generated_programs_cover_what_can_happen() -> None:
    seen: set[str] = set()
    for number in range(300):
        program = program_of(Random(number).randbytes(96))
        seen.add(program.strategy.value)
        seen |= {action.kind for action in program.actions}
        simulation = Simulation(program)
        simulation.run(partial(_look, simulation, seen))
        seen |= {note[0] for key in simulation.keys.values() for note in key.notes}
        seen |= {"failed" for key in simulation.keys.values() if key.failed}
    assert seen == {
        "fail", "retry", "ignore", "dead-letter", "sync", "async", "built-in", "failed",
        "wait of attempt 2", "wait of attempt 3", "left behind", "parked", "waiting",
        "side by side", "dead letter", "ignored", "answered from the journal",
    }  # fmt: skip


def _look(simulation: Simulation, seen: set[str]) -> None:
    for key in simulation.keys.values():
        seen.update(f"wait of attempt {wait.attempt}" for wait in key.timers.values())
        attempts = key.attempts.values()
        found = {
            "left behind": key.left,
            "parked": key.parked,
            "waiting": key.waiting,
            "side by side": len(attempts) > 1,
            "answered from the journal": any(attempt.effect.journal for attempt in attempts),
        }
        seen.update(name for name, value in found.items() if value)


# What follows breaks the runtime on purpose: the checker must find it.


class _StartsElementsAtOnce(Engine):
    """No queue: an element starts while the one before it is still under way."""

    def step(self, state: KeyState, given: Input) -> list[Effect]:
        if isinstance(given, ElementArrived) and state.run is not None:
            state.run.timestamp = given.timestamp
            effects: list[Effect] = []
            self._dispatch(state.run, InputEvent(input=given.value), effects)
            self._advance(state, state.run, effects)
            return effects
        return super().step(state, given)


class _RunsActionsSideBySide(Engine):
    """Actions of the user's start as soon as their event is there."""

    def _advance(self, state: KeyState, run: Run, effects: list[Effect]) -> None:
        super()._advance(state, run, effects)
        effects += [_run_action(run, task) for task in run.tasks.values() if not task.started]


class _ForgetsWaitsAtRestore(Engine):
    """A retry that was waited for when the crash came is not waited for again."""

    def step(self, state: KeyState, given: Input) -> list[Effect]:
        found = super().step(state, given)
        if isinstance(given, Restored):
            return [effect for effect in found if not isinstance(effect, ScheduleRetry)]
        return found


class _TakesStaleCalls(Engine):
    """The result of a call is kept although its attempt has failed meanwhile."""

    def step(self, state: KeyState, given: Input) -> list[Effect]:
        tasks = state.run.tasks if state.run is not None else {}
        if isinstance(given, CallFinished) and given.task in tasks:
            given.attempt = tasks[given.task].attempt
        return super().step(state, given)


class _KeepsSensoryMemory(Engine):
    """Sensory memory outlives its run."""

    _kept: ClassVar[dict[str, str]] = {}

    def _start(
        self, state: KeyState, value: object, timestamp: int | None, effects: list[Effect]
    ) -> None:
        run = state.run = Run(value, timestamp, sensory=self._kept)
        self._dispatch(run, InputEvent(input=value), effects)
        self._advance(state, run, effects)


@pytest.mark.parametrize(
    ("engine", "keep_journal", "complaint"),
    [
        (Engine, False, "finished calls made again"),
        (_StartsElementsAtOnce, True, "out of order"),
        (_RunsActionsSideBySide, True, "under way"),
        (_ForgetsWaitsAtRestore, True, "nothing goes on"),
        (_TakesStaleCalls, True, ""),
        (_KeepsSensoryMemory, True, "a run starts with sensory memory"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_checker_finds_a_broken_runtime(
    engine: type[Engine], keep_journal: bool, complaint: str
) -> None:
    def complains(program: Program) -> bool:
        _KeepsSensoryMemory._kept.clear()
        try:
            crash_everywhere(program, engine, keep_journal=keep_journal)
        except Violation as violation:
            return complaint in str(violation)
        return False

    assert complains(find(programs(), complains, settings=_search))

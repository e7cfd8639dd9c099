"""A crash between two checkpoints, with the calls that were kept outside of the state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from flink_agents.api.events.event import InputEvent
from flink_agents.engine import effects as do
from flink_agents.engine import inputs as happened
from flink_agents.engine.journal import TaskJournal
from flink_agents.engine.state import JournalEntry, KeyState
from flink_agents.engine.step import Engine
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from tests.unit.engine.programs import Program, programs
from tests.unit.engine.simulation import CODEC, Simulation, Violation, _unordered

#: A finished call with its key, run and task.
Kept = tuple[str, int, str, JournalEntry]

_settings = settings(
    deadline=None,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


class JournaledSimulation(Simulation):
    """A host with a durable journal: what is in it survives every crash."""

    def __init__(self, program: Program, kept: Iterable[Kept] = (), engine: type[Engine] = Engine):
        super().__init__(program, engine)
        self.kept: list[Kept] = []
        self.unused: list[str] = []
        self._runs: dict[str, int] = {}
        self._recalled: dict[tuple[str, int, str], list[JournalEntry]] = {}
        for name, run, path, entry in kept:
            self._recalled.setdefault((name, run, path), []).append(entry)

    def checkpoint(self) -> str:
        runs = {name: key.state.runs for name, key in self.keys.items()}
        return json.dumps([super().checkpoint(), runs])

    def restore(self, text: str, keep_journal: bool = True) -> None:
        body, self._runs = json.loads(text)
        super().restore(body, keep_journal)
        for name, runs in self._runs.items():
            state = self.keys[name].state
            state.runs = max(state.runs, runs)

    def _feed(self, name: str, *inputs: happened.Input) -> None:
        if isinstance(inputs[0], happened.Restored):
            self.keys[name].state.runs = self._runs[name]
        super()._feed(name, *inputs)

    def _run_action(self, name: str, effect: do.RunAction) -> Iterable[happened.Input]:
        if calls := self._recalled.pop((name, effect.run, effect.path), None):
            return [happened.CallsRecalled(effect.run, effect.task, effect.attempt, calls)]
        return super()._run_action(name, effect)

    def _action_over(self, name: str, task: int, number: int) -> None:
        attempt = self.keys[name].attempts[task]
        super()._action_over(name, task, number)
        if attempt.error is None:
            self.unused += attempt._journal.unused()

    def _count(self, name: str, effect: do.RunAction, entry: JournalEntry) -> None:
        super()._count(name, effect, entry)
        self.kept.append((name, effect.run, effect.path, entry))


def crash_between_checkpoints(
    program: Program, engine: type[Engine] = Engine, *, with_journal: bool = True
) -> None:
    """Crash after each step of a program, and go back to checkpoints from before it.

    Raises:
        Violation: If a finished call is made again, or the outcome differs.
    """
    undisturbed = JournaledSimulation(program, engine=engine)
    steps: list[tuple[str, int, Counter[str]]] = []

    def take() -> None:
        made = Counter(undisturbed.finished)
        steps.append((undisturbed.checkpoint(), len(undisturbed.kept), made))

    take()
    undisturbed.run(take)
    expected = _unordered(undisturbed)
    stride = 1 if len(steps) <= 25 else 4
    for crash in range(0, len(steps), stride):
        _, calls, made = steps[crash]
        for back in sorted({0, crash // 2, max(0, crash - 1)}):
            kept = undisturbed.kept[:calls] if with_journal else ()
            replayed = JournaledSimulation(program, kept, engine)
            replayed.restore(steps[back][0])
            replayed.finished = Counter(made)
            replayed.run()
            where = f"crash after step {crash}, back to step {back}"
            if repeated := replayed.finished - undisturbed.finished:
                raise Violation(f"{where}: finished calls made again: {repeated}")
            if replayed.unused:
                raise Violation(f"{where}: calls that were not made: {replayed.unused}")
            if (found := _unordered(replayed)) != expected:
                raise Violation(f"{where}: {found} instead of {expected}")


@pytest.mark.timeout(300)
@_settings
@given(programs(pure=True))
def test_a_crash_between_checkpoints_repeats_no_finished_call(program: Program) -> None:
    crash_between_checkpoints(program)


class _TasksByNumber(Engine):
    """Tasks are known by when they came up, which depends on what had finished before."""

    def _dispatch(self, run: Any, event: Any, effects: list[do.Effect], place: str = "") -> None:
        first = run.next_task
        super()._dispatch(run, event, effects, place)
        for task in run.tasks.values():
            if task.id >= first:
                task.path = str(task.id)
        for effect in effects:
            if isinstance(effect, do.RunAction) and effect.task >= first:
                effect.path = str(effect.task)


class _ForgetsRuns(Engine):
    """Every run of a key has the same number."""

    def _start(self, state: KeyState, value: Any, timestamp: Any, effects: Any) -> None:
        state.runs = 0
        super()._start(state, value, timestamp, effects)


@pytest.mark.parametrize(
    ("engine", "with_journal", "complaint"),
    [
        (Engine, False, "finished calls made again"),
        (_TasksByNumber, True, "finished calls made again"),
        (_ForgetsRuns, True, "finished calls made again"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_checker_finds_what_repeats_calls(
    engine: type[Engine], with_journal: bool, complaint: str
) -> None:
    def complains(program: Program) -> bool:
        try:
            crash_between_checkpoints(program, engine, with_journal=with_journal)
        except Violation as violation:
            return complaint in str(violation)
        return False

    search = settings(_settings, max_examples=3000, phases=[Phase.generate], database=None)
    assert complains(find(programs(pure=True), complains, settings=search))


# The rules, one by one.


def entry(digest: str, *, attempt: int = 1, ok: bool = True) -> JournalEntry:
    return JournalEntry(f"call {digest}", digest, attempt, ok, digest)


def started() -> tuple[Engine, KeyState, do.RunAction]:
    async def act(event: Any, ctx: Any) -> None: ...

    plan = AgentPlan("Agent", (ActionSpec("act", act, (InputEvent,)),), {})
    engine, state = Engine(plan), KeyState(runs=6)
    [run] = engine.step(state, happened.ElementArrived("x"))
    assert isinstance(run, do.RunAction)
    return engine, state, run


def test_a_run_and_its_tasks_are_known_by_numbers_that_a_replay_gives_again() -> None:
    _, state, run = started()
    assert (run.run, run.path, state.runs) == (7, "0", 7)


def test_recalled_calls_are_in_the_journal_of_the_task_when_it_runs() -> None:
    engine, state, run = started()
    [again] = engine.step(
        state, happened.CallsRecalled(run.run, run.task, 1, [entry("a"), entry("b")])
    )
    assert isinstance(again, do.RunAction)
    assert [found.digest for found in again.journal] == ["a", "b"]
    assert all(found.recalled for found in again.journal)
    # It may have sent pieces of its answer before.
    assert again.again


def test_what_is_in_state_already_is_not_recalled_a_second_time() -> None:
    engine, state, run = started()
    engine.step(state, happened.CallFinished(run.run, run.task, 1, entry("a")))
    [again] = engine.step(
        state, happened.CallsRecalled(run.run, run.task, 1, [entry("a"), entry("b")])
    )
    assert isinstance(again, do.RunAction)
    assert [(found.digest, found.recalled) for found in again.journal] == [
        ("a", False),
        ("b", True),
    ]


def test_a_recalled_call_answers_in_the_attempt_that_made_it_only() -> None:
    journal = TaskJournal("act", [entry("a", attempt=2)], 1)
    assert journal.claim("call a", "a") == ("a", None)
    later = TaskJournal("act", [entry("a", attempt=2)], 2)
    assert later.claim("call a", "a") == ("a", entry("a", attempt=2))


def test_a_recalled_call_that_is_not_made_again_is_no_error_and_is_reported() -> None:
    recalled = JournalEntry("call a", "a", 1, True, "a", recalled=True)
    journal = TaskJournal("act", [recalled], 1)
    assert journal.claim("call b", "b") == ("b", None)
    journal.check_sequential("call b")
    journal.check_complete()
    assert journal.unused() == ["call a"]


def test_a_call_with_another_request_is_reported_by_the_engine() -> None:
    engine, state, run = started()
    engine.step(state, happened.CallsRecalled(run.run, run.task, 1, [entry("a")]))
    result = happened.ActionResult(unused=["call a"])
    effects = engine.step(state, happened.ActionFinished(run.run, run.task, 1, result))
    assert effects == [do.ReportUnused("act", ["call a"]), do.EndRun()]


def test_recalled_calls_are_part_of_a_checkpoint_from_then_on() -> None:
    from flink_agents.engine.state import dump_state, load_state

    engine, state, run = started()
    engine.step(state, happened.CallsRecalled(run.run, run.task, 1, [entry("a")]))
    read = load_state(dump_state(state, CODEC), CODEC)
    assert read.run is not None
    assert state.run is not None
    assert read.run.tasks[0].journal == state.run.tasks[0].journal
    assert (read.run.number, read.run.tasks[0].path, read.runs) == (7, "0", 7)

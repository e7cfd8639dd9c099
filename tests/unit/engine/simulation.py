"""A host without threads, clock or event loop, which can crash after each of its steps.

It carries out the engine's effects for generated programs. What may happen next (a call
finishes, an action returns, a wait is over, an element arrives) has a rank that is drawn from
what it is, not from when it came up: so a run that crashed goes on in the same order as one that
did not, and both must end alike to the last byte.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flink_agents.api.events.event import Event, OutputEvent
from flink_agents.engine import effects as do
from flink_agents.engine import inputs as given
from flink_agents.engine.codec import Codec
from flink_agents.engine.journal import TaskJournal, call_digest
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import JournalEntry, KeyState, dump_state, load_state
from flink_agents.engine.step import Engine
from tests.unit.engine.programs import Program, digest, event_name, trail_of

CODEC = Codec()


class Violation(AssertionError):
    """A rule of the runtime was broken."""


class Attempt:
    """One attempt of one action, as a host runs it."""

    def __init__(self, program: Program, effect: do.RunAction, memory: dict[str, str]) -> None:
        self.effect = effect
        self.error: Exception | None = None
        self._program = program
        self._action = program.action(effect.action)
        self._memory = memory
        self._journal = TaskJournal(effect.action, effect.journal, effect.attempt)
        self._seen: list[list[str]] = [[] for _ in self._action.chains]
        self.open: dict[int, tuple[str, list[Any]]] = {}
        for chain in range(len(self._seen)):
            self._go_on(chain)

    def __repr__(self) -> str:
        return f"attempt {self.effect.attempt} of task {self.effect.task}"

    def answer(self, chain: int) -> JournalEntry:
        """Let the open call of a chain finish."""
        identity, arguments = self.open.pop(chain)
        position = len(self._seen[chain])
        call = self._action.chains[chain][position]
        ok = self.effect.attempt > call.fails
        # Unless the program is pure, calls with the same arguments answer differently.
        value = digest(arguments, "" if self._program.pure else chain) if ok else "refused"
        entry = JournalEntry(f"call {position}", identity, self.effect.attempt, ok, value)
        self._take(chain, entry)
        self._go_on(chain)
        return entry

    def outcome(self) -> given.ActionFinished | given.ActionFailed:
        """What the attempt comes to, all its calls being finished or one having failed it."""
        run, task, attempt = self.effect.run, self.effect.task, self.effect.attempt
        if self.error is None and attempt <= self._action.fails:
            self.error = RuntimeError(f"attempt {attempt} fails")
        if self.error is not None:
            return given.ActionFailed(run, task, attempt, self.error)
        self._journal.check_complete()
        return given.ActionFinished(run, task, attempt, self._result())

    def _result(self) -> given.ActionResult:
        action, trail = self._action, trail_of(self.effect.event)
        log: list[str] = json.loads(self._memory.get("log", "[]"))
        count = int(self._memory.get(self.effect.action, "0"))
        blind = self._program.pure or action.kind == "built-in"
        looked_at = () if blind else (log, sorted(self.effect.sensory.items()))
        mine = digest(trail, self.effect.action, self._seen, looked_at)
        result = given.ActionResult()
        element = trail.partition(" ")[0]
        for number in range(action.outputs):
            result.events.append(OutputEvent(output=[int(element), mine, number]))
        for number, level in enumerate(action.sends):
            if self._program.is_heard(level):
                sent = {"type": event_name(level), "trail": f"{element} {digest(mine, number)}"}
                event = Event.model_validate({**sent, "id": _event_id(mine, number)})
                result.events.append(event)
        if action.remembers:
            result.memory = {"log": json.dumps([*log, mine]), self.effect.action: str(count + 1)}
        if action.senses:
            result.sensory = {mine: "1", "last": mine}
        return result

    def _go_on(self, chain: int) -> None:
        calls = self._action.chains[chain]
        while self.error is None and (position := len(self._seen[chain])) < len(calls):
            before = self._seen[chain][-1] if position else trail_of(self.effect.event)
            where = "" if calls[position].alike and position == 0 else chain
            arguments = [self.effect.action, before, position, where]
            asked = call_digest(CODEC, _call, arguments, {})
            identity, found = self._journal.claim(f"call {position}", asked)
            if found is None:
                self.open[chain] = (identity, arguments)
                return
            self._take(chain, found)

    def _take(self, chain: int, entry: JournalEntry) -> None:
        call = self._action.chains[chain][len(self._seen[chain])]
        if entry.ok or call.caught:
            self._seen[chain].append(entry.value)
        else:
            self.error = RuntimeError(f"{entry.call} of chain {chain} failed")


@dataclass
class Key:
    """A key of the simulation."""

    state: KeyState = field(default_factory=KeyState)
    memory: dict[str, str] = field(default_factory=dict[str, str])
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    outputs: list[Any] = field(default_factory=list[Any])
    notes: list[Any] = field(default_factory=list[Any])
    failed: str | None = None
    # From here on: what a crash loses.
    attempts: dict[int, Attempt] = field(default_factory=dict[int, Attempt])
    left: list[Attempt] = field(default_factory=list[Attempt])
    timers: dict[int, do.ScheduleRetry] = field(default_factory=dict[int, do.ScheduleRetry])
    parked: bool = False


class Simulation:
    """Runs a program to its end, one step at a time."""

    def __init__(
        self, program: Program, engine: type[Engine] = Engine, schedule: int | None = None
    ) -> None:
        self.program = program
        self.schedule = program.schedule if schedule is None else schedule
        self.position = 0
        self.keys = {key: Key() for key, _ in program.elements}
        #: Calls that were finished and kept, by identity.
        self.finished: Counter[str] = Counter()
        self._engine = engine(program.plan(), ErrorPolicy(program.strategy, max_retries=2))

    def run(self, after_step: Callable[[], None] = lambda: None) -> None:
        """Go on until nothing can happen any more."""
        while possible := self._possible():
            _, happen = min(possible, key=lambda one: one[0])
            happen()
            after_step()
        for name, key in self.keys.items():
            if key.failed is None and not key.state.is_idle:
                raise Violation(f"key {name} has open work, and nothing goes on: {key.state}")

    def checkpoint(self) -> str:
        """All that survives a crash, as text."""
        keys = {
            name: {
                "state": None if key.state.is_idle else dump_state(key.state, CODEC),
                "memory": key.memory,
                "waiting": key.waiting,
                "outputs": key.outputs,
                "notes": key.notes,
                "failed": key.failed,
            }
            for name, key in self.keys.items()
        }
        return json.dumps([self.position, keys, self.finished])

    def restore(self, text: str, keep_journal: bool = True) -> None:
        """Take over a checkpoint and go on with what was open in it."""
        self.position, keys, finished = json.loads(text)
        self.finished = Counter(finished)
        for name, saved in keys.items():
            state = saved.pop("state")
            key = self.keys[name] = Key(**saved)
            if state is not None and key.failed is None:
                key.state = load_state(state, CODEC)
                if not keep_journal and key.state.run is not None:
                    for task in key.state.run.tasks.values():
                        task.journal.clear()
                self._feed(name, given.Restored())

    def outcome(self) -> dict[str, Any]:
        """All that a user can see of the run, by key."""
        return {
            name: (key.outputs, key.memory, key.notes, key.failed)
            for name, key in self.keys.items()
        }

    def _possible(self) -> list[tuple[int, Callable[[], None]]]:
        found: list[tuple[int, Callable[[], None]]] = []

        def add(happen: Callable[..., None], *about: Any) -> None:
            rank = zlib.crc32(repr((self.schedule, happen.__name__, about)).encode())
            found.append((rank, lambda: happen(*about)))

        if self.position < len(self.program.elements):
            add(self._arrive, self.position)
        for name, key in self.keys.items():
            if key.failed is not None:
                continue
            if key.parked:
                add(self._admit, name)
            for wait in key.timers.values():
                # Not by the run: its number begins anew when a key comes back that was idle.
                add(self._wait_over, name, wait.task, wait.attempt)
            for attempt in [*key.attempts.values(), *key.left]:
                if attempt.error is None or attempt in key.left:
                    for chain in attempt.open:
                        add(self._call_finished, name, chain, attempt)
                if attempt not in key.left and (attempt.error or not attempt.open):
                    add(self._action_over, name, attempt.effect.task, attempt.effect.attempt)
        return found

    def _arrive(self, number: int) -> None:
        self.position += 1
        name, admit = self.program.elements[number]
        key = self.keys[name]
        if key.failed is not None:
            return
        self._feed(name, given.ElementArrived({"n": number}, number * 1000, admit))
        if not admit and key.state.run is None:
            key.parked = True

    def _admit(self, name: str) -> None:
        self.keys[name].parked = False
        self._feed(name, given.Admitted())

    def _wait_over(self, name: str, task: int, attempt: int) -> None:
        wait = self.keys[name].timers.pop(task)
        self._feed(name, given.RetryDue(wait.run, task, attempt))

    def _call_finished(self, name: str, chain: int, attempt: Attempt) -> None:
        key, effect = self.keys[name], attempt.effect
        entry = attempt.answer(chain)
        finished = given.CallFinished(effect.run, effect.task, effect.attempt, entry)
        if attempt not in key.left:
            self._count(name, effect, entry)
            self._feed(name, finished)
            return
        # Its action has failed meanwhile; nobody waits for it.
        if not attempt.open:
            key.left.remove(attempt)
        before = dump_state(key.state, CODEC)
        self._feed(name, finished)
        if dump_state(key.state, CODEC) != before:
            raise Violation(f"key {name}: a call of {attempt} was taken, which is over: {entry}")

    def _action_over(self, name: str, task: int, number: int) -> None:
        key = self.keys[name]
        attempt = key.attempts.pop(task)
        outcome = attempt.outcome()
        if attempt.open:
            key.left.append(attempt)
        self._feed(name, outcome)

    def _feed(self, name: str, *inputs: given.Input) -> None:
        queue = list(inputs)
        while queue:
            for effect in self._engine.step(self.keys[name].state, queue.pop(0)):
                queue += self._carry_out(name, effect)
        self._check_order(name)

    def _carry_out(self, name: str, effect: do.Effect) -> Iterable[given.Input]:
        key = self.keys[name]
        if isinstance(effect, do.RunAction):
            return self._run_action(name, effect)
        if isinstance(effect, do.Emit):
            key.outputs.append([effect.timestamp, effect.value])
        elif isinstance(effect, do.WriteMemory):
            key.memory.update({p: node for p, node in effect.nodes.items() if node is not None})
        elif isinstance(effect, do.ScheduleRetry):
            key.timers[effect.task] = effect
        elif isinstance(effect, do.PutWaiting):
            key.waiting[str(effect.index)] = CODEC.dumps([effect.value, effect.timestamp])
        elif isinstance(effect, do.TakeWaiting):
            return [given.WaitingTaken(*CODEC.loads(key.waiting.pop(str(effect.index))))]
        elif isinstance(effect, do.SendDeadLetter):
            key.notes.append(["dead letter", effect.action, str(effect.error), effect.attempts])
        elif isinstance(effect, do.IgnoreError):
            key.notes.append(["ignored", effect.action, str(effect.error)])
        elif isinstance(effect, do.Fail):
            key.failed = str(effect.error.__cause__)
        return []

    def _run_action(self, name: str, effect: do.RunAction) -> Iterable[given.Input]:
        key = self.keys[name]
        kind = self.program.action(effect.action).kind
        if kind != "built-in":
            self._check_alone(name, effect)
            if effect.task == 0 and effect.sensory:
                raise Violation(f"key {name}: a run starts with sensory memory {effect.sensory}")
        attempt = Attempt(self.program, effect, dict(key.memory))
        if kind != "sync":
            key.attempts[effect.task] = attempt
            return []
        made: list[given.Input] = []
        while attempt.open and attempt.error is None:
            entry = attempt.answer(min(attempt.open))
            self._count(name, effect, entry)
            made.append(given.CallFinished(effect.run, effect.task, effect.attempt, entry))
        outcome = attempt.outcome()
        return [*made, outcome] if isinstance(outcome, given.ActionFailed) else [outcome]

    def _check_alone(self, name: str, effect: do.RunAction) -> None:
        key = self.keys[name]
        for task in {*key.attempts, *key.timers} - {effect.task}:
            state = key.state.run.tasks.get(task) if key.state.run is not None else None
            if state is not None and self.program.action(state.action).kind != "built-in":
                raise Violation(
                    f"key {name}: {effect.action} starts while {state.action} is under way"
                )

    def _check_order(self, name: str) -> None:
        outputs = self.keys[name].outputs
        if outputs != sorted(outputs, key=lambda output: output[1][0]):
            raise Violation(f"key {name}: outputs are out of order: {outputs}")
        if any(stamp != value[0] * 1000 for stamp, value in outputs):
            raise Violation(f"key {name}: outputs have the timestamp of another run: {outputs}")

    def _count(self, name: str, effect: do.RunAction, entry: JournalEntry) -> None:
        if entry.ok:
            call = entry.digest.partition("#")[0]
            self.finished[f"{name} {trail_of(effect.event)} {effect.action} {call}"] += 1


def _call() -> None:
    """What programs call, in name."""


def _event_id(*parts: Any) -> UUID:
    return UUID(hex=digest(parts)[:12].ljust(32, "0"))


def crash_everywhere(
    program: Program,
    engine: type[Engine] = Engine,
    *,
    keep_journal: bool = True,
    reschedule: bool = False,
) -> int:
    """Run a program, then once more from a crash after each of its steps.

    Of a program of more than 40 steps, from a crash after each third one.

    Args:
        program: The program.
        engine: The engine to be checked.
        keep_journal: Whether the journal survives a crash.
        reschedule: After the crash, things happen in another order. Then the outcomes are
            compared without regard to the order within a run.

    Returns:
        The number of crashes.

    Raises:
        Violation: If a run with a crash differs from the one without.
    """
    undisturbed = Simulation(program, engine)
    checkpoints = [undisturbed.checkpoint()]
    undisturbed.run(lambda: checkpoints.append(undisturbed.checkpoint()))
    view = _unordered if reschedule else Simulation.outcome
    expected = view(undisturbed)
    stride = 1 if len(checkpoints) <= 40 else 3
    for step, text in list(enumerate(checkpoints))[::stride]:
        crashed = Simulation(program, engine, program.schedule + reschedule * (step + 1))
        crashed.restore(text, keep_journal)
        crashed.run()
        if repeated := crashed.finished - undisturbed.finished:
            raise Violation(f"crash after step {step}: finished calls made again: {repeated}")
        if (found := view(crashed)) != expected:
            raise Violation(f"crash after step {step}: {found} instead of {expected}")
    return len(checkpoints) // stride


def crash_after_each_step(program: Program, engine: type[Engine] = Engine) -> int:
    """Run a program, crashing after every step of one and the same run.

    Returns:
        The number of crashes.

    Raises:
        Violation: If it ends otherwise than without crashes.
    """
    undisturbed = Simulation(program, engine)
    undisturbed.run()
    crashing = Simulation(program, engine)
    crashes = 0

    def crash() -> None:
        nonlocal crashes
        crashes += 1
        crashing.restore(crashing.checkpoint())

    crashing.run(crash)
    if repeated := crashing.finished - undisturbed.finished:
        raise Violation(f"finished calls made again: {repeated}")
    if (found := crashing.outcome()) != (expected := undisturbed.outcome()):
        raise Violation(f"{found} instead of {expected}")
    return crashes


def _unordered(simulation: Simulation) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, key in simulation.keys.items():
        memory = {path: node for path, node in key.memory.items() if path != "log"}
        memory["log"] = sorted(json.loads(key.memory.get("log", "[]")))  # type: ignore[assignment]
        shown[name] = (sorted(key.outputs, key=repr), memory, sorted(key.notes, key=repr))
    return shown

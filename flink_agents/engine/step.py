"""The engine: a state machine per key, without a clock, a thread or a server.

``step(state, input)`` changes the state it is given and returns what is to be done. The same
inputs on the same state always give the same effects. The engine never runs user code: it asks
for it with ``RunAction`` and is told the outcome, so a test or a replay can answer in its place.

Rules:
    * One run per key at a time; further elements wait in order.
    * Actions of users run one at a time per key, in the order of their events. Built-in actions,
      such as the one that asks a chat model, run beside them and beside each other.
    * What an action did is applied when it returns; an action that raises has done nothing.
    * A run ends when no task is left.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.engine.effects import (
    Effect,
    Emit,
    EndRun,
    Fail,
    IgnoreError,
    PutWaiting,
    ReportUnused,
    RunAction,
    ScheduleRetry,
    SendDeadLetter,
    TakeWaiting,
    WriteMemory,
)
from flink_agents.engine.inputs import (
    ActionFailed,
    ActionFinished,
    Admitted,
    CallFinished,
    CallsRecalled,
    ElementArrived,
    EventStreamed,
    Input,
    Restored,
    RetryDue,
    WaitingTaken,
)
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import KeyState, Run, Task
from flink_agents.exceptions import ActionError, StateFormatError, UnhandledEventError
from flink_agents.plan.agent_plan import AgentPlan

#: Characters of a task's path, beyond which it is a digest.
_LONGEST_PATH = 64


class Engine:
    """The rules of one agent.

    Args:
        plan: The agent.
        policy: What is done about errors.
    """

    def __init__(self, plan: AgentPlan, policy: ErrorPolicy | None = None) -> None:
        self._plan = plan
        self._policy = policy or ErrorPolicy()

    def step(self, state: KeyState, given: Input) -> list[Effect]:
        """Apply one input.

        Args:
            state: State of the key; it is changed.
            given: What has happened.

        Returns:
            What is to be done, in order. Empty for the outcome of a run or an attempt that is
            no longer waited for.

        Raises:
            StateFormatError: If a restored key has open work of an action that is gone.
        """
        effects: list[Effect] = []
        if isinstance(given, ElementArrived):
            if state.run is None and given.admit and not state.waiting:
                self._start(state, given.value, given.timestamp, effects)
            else:
                index = state.next_waiting
                state.next_waiting += 1
                effects.append(PutWaiting(index, given.value, given.timestamp))
        elif isinstance(given, WaitingTaken):
            self._start(state, given.value, given.timestamp, effects)
        elif isinstance(given, Admitted):
            self._take_next(state, effects)
        elif isinstance(given, Restored):
            self._restore(state, effects)
        else:
            run = state.run
            if run is not None and run.number == given.run:
                task = run.tasks.get(given.task)
                if task is not None and task.attempt == given.attempt:
                    self._continue(state, run, task, given, effects)
        return effects

    def _continue(
        self,
        state: KeyState,
        run: Run,
        task: Task,
        given: CallFinished
        | CallsRecalled
        | EventStreamed
        | ActionFinished
        | ActionFailed
        | RetryDue,
        effects: list[Effect],
    ) -> None:
        if isinstance(given, ActionFinished):
            self._finish(run, task, given, effects)
        elif isinstance(given, CallFinished):
            task.journal.append(given.entry)
            return
        elif isinstance(given, CallsRecalled):
            _recall(task, given)
            effects.append(_run_action(run, task, restored=True))
            return
        elif isinstance(given, RetryDue):
            if task.retry_delay is not None:
                task.retry_delay = None
                effects.append(_run_action(run, task))
            return
        elif isinstance(given, EventStreamed):
            self._dispatch(run, given.event, effects, f"{task.path}~{task.streamed}.")
            task.streamed += 1
        elif self._retry(run, task, given, effects) or self._try_anew(run, task, effects):
            return
        else:
            self._give_up(run, task, given.error, effects)
        self._advance(state, run, effects)

    def _start(
        self, state: KeyState, value: object, timestamp: int | None, effects: list[Effect]
    ) -> None:
        state.runs += 1
        run = state.run = Run(value, timestamp, {}, 0, {}, state.runs)
        self._dispatch(run, InputEvent(input=value), effects)
        self._advance(state, run, effects)

    def _take_next(self, state: KeyState, effects: list[Effect]) -> None:
        if state.run is None and state.waiting:
            effects.append(TakeWaiting(state.first_waiting))
            state.first_waiting += 1
            if not state.waiting:
                state.first_waiting = state.next_waiting = 0

    def _restore(self, state: KeyState, effects: list[Effect]) -> None:
        run = state.run
        if run is None:
            self._take_next(state, effects)
            return
        self._check_actions(run)
        for task in run.tasks.values():
            if task.retry_delay is not None:
                effects.append(ScheduleRetry(run.number, task.id, task.attempt, task.retry_delay))
            elif task.started:
                effects.append(_run_action(run, task, restored=True))
        self._advance(state, run, effects)

    def _check_actions(self, run: Run) -> None:
        """Refuse open work of actions that the agent has no more."""
        for task in run.tasks.values():
            if task.action not in self._plan.actions_by_name:
                raise StateFormatError(
                    f"State has open work of action {task.action!r}, which agent "
                    f"{self._plan.agent!r} does not have: {type(task.event).__name__} "
                    f"{task.event.id} is to be handled by it. Was it renamed or removed? Give the "
                    "agent an action of that name until no key has open work of it."
                )

    def _finish(self, run: Run, task: Task, given: ActionFinished, effects: list[Effect]) -> None:
        del run.tasks[task.id]
        result = given.result
        if result.unused:
            effects.append(ReportUnused(task.action, result.unused))
        if result.memory:
            effects.append(WriteMemory(result.memory))
        for path, node in result.sensory.items():
            if node is None:
                run.sensory.pop(path, None)
            else:
                run.sensory[path] = node
        for number, event in enumerate(result.events):
            if isinstance(event, OutputEvent):
                effects.append(Emit(event.output, run.timestamp))
            self._dispatch(run, event, effects, f"{task.path}.{number}.")

    def _dispatch(self, run: Run, event: Event, effects: list[Effect], place: str = "") -> None:
        for number, action in enumerate(self._plan.listeners(event)):
            path = _short(f"{place}{number}")
            task = Task(run.next_task, action.name, event, 1, None, False, [], path)
            run.next_task += 1
            run.tasks[task.id] = task
            if action.concurrent:
                effects.append(_run_action(run, task))

    def _advance(self, state: KeyState, run: Run, effects: list[Effect]) -> None:
        """Start the next action of the user's, or end the run."""
        if not run.tasks:
            state.run = None
            effects.append(EndRun(run.number))
            self._take_next(state, effects)
            return
        actions = self._plan.actions_by_name
        for task in run.tasks.values():
            if not actions[task.action].concurrent:
                if not task.started:
                    effects.append(_run_action(run, task))
                return

    def _retry(self, run: Run, task: Task, given: ActionFailed, effects: list[Effect]) -> bool:
        delay = self._policy.retry_delay(task.attempt, task.event.id.int, given.error)
        if delay is None:
            return False
        task.attempt += 1
        task.retry_delay = delay
        # What succeeded is not repeated; what failed is to be tried again. What was recalled of
        # the attempt to come is as it was then.
        task.journal = [e for e in task.journal if e.ok or e.attempt >= task.attempt]
        effects.append(ScheduleRetry(run.number, task.id, task.attempt, delay))
        return True

    def _try_anew(self, run: Run, task: Task, effects: list[Effect]) -> bool:
        """Where the job would fail of calls that failed before a crash: make those again, once.

        It has failed of them then, and Flink has restarted it. Were they to fail without being
        made, a server that was away for a moment would fail the job for ever.
        """
        if self._policy.strategy in (
            ErrorHandlingStrategy.IGNORE,
            ErrorHandlingStrategy.DEAD_LETTER,
        ):
            return False
        if not any(entry.recalled and not entry.ok for entry in task.journal):
            return False
        # The attempt may go another way now: what else it has called need not be called again.
        task.journal = [replace(entry, recalled=True) for entry in task.journal if entry.ok]
        effects.append(_run_action(run, task, restored=True))
        return True

    def _give_up(self, run: Run, task: Task, error: Exception, effects: list[Effect]) -> None:
        strategy = self._policy.strategy
        if strategy is ErrorHandlingStrategy.IGNORE:
            effects.append(IgnoreError(task.action, error))
        elif strategy is ErrorHandlingStrategy.DEAD_LETTER:
            effects.append(SendDeadLetter(task.action, task.event, run.value, error, task.attempt))
        else:
            effects.append(Fail(self._failure(task, error)))
            return
        del run.tasks[task.id]
        if (
            isinstance(task.event, ChatRequestEvent)
            and self._plan.actions_by_name[task.action].concurrent
        ):
            # Whoever waits for the answer is told, so that no run hangs.
            problem = f"{type(error).__name__}: {error}"
            message = ChatMessage(role=MessageRole.ASSISTANT, extra_args={"error": problem})
            response = ChatResponseEvent(request_id=task.event.id, response=message)
            self._dispatch(run, response, effects, f"{task.path}.0.")

    def _failure(self, task: Task, error: Exception) -> ActionError:
        tries = f" after {task.attempt} attempts" if task.attempt > 1 else ""
        failure = ActionError(
            f"Action {task.action!r} of agent {self._plan.agent!r} failed{tries} on "
            f"{type(task.event).__name__} {task.event.id}: {type(error).__name__}: {error}"
        )
        failure.__cause__ = error
        return failure


def check_heard(plan: AgentPlan, action: str, event: Event) -> None:
    """Refuse an event that would go nowhere.

    Raises:
        UnhandledEventError: If it is no output and no action listens to it.
    """
    if not isinstance(event, OutputEvent) and not plan.listeners(event):
        raise UnhandledEventError(
            f"Action {action!r} of agent {plan.agent!r} sent {event.get_type()!r}, to which no "
            f"action listens. Add one with @action({type(event).__name__}), or do not send it."
        )


def _run_action(run: Run, task: Task, restored: bool = False) -> RunAction:
    task.started = True
    return RunAction(
        task.id,
        task.action,
        task.event,
        task.attempt,
        tuple(task.journal) if task.journal else (),
        run.sensory,
        again=restored or task.attempt > 1,
        run=run.number,
        path=task.path,
    )


def _recall(task: Task, given: CallsRecalled) -> None:
    """Put calls into the journal of a task that are not in it yet."""
    known = {(entry.attempt, entry.digest) for entry in task.journal}
    task.journal += [
        replace(entry, recalled=True)
        for entry in given.entries
        if entry.attempt >= task.attempt and (entry.attempt, entry.digest) not in known
    ]


def _short(path: str) -> str:
    """The path, or its digest where events have gone round many times."""
    if len(path) <= _LONGEST_PATH:
        return path
    return blake2b(path.encode(), digest_size=16).hexdigest()

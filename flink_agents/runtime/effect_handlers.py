"""Carries out what the engine wants done, one effect at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from typing import Any

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
from flink_agents.engine.inputs import CallsRecalled, Input, RetryDue, WaitingTaken
from flink_agents.exceptions import ActionError
from flink_agents.runtime.action_calls import ActionCalls
from flink_agents.runtime.background import Background
from flink_agents.runtime.dead_letter import DeadLetter
from flink_agents.runtime.durable_runs import DurableRuns
from flink_agents.runtime.host import Host, KeyStore
from flink_agents.runtime.memory_cache import MemoryCache
from flink_agents.runtime.open_key import OpenKey
from flink_agents.runtime.services import Services

logger = logging.getLogger(__name__)


class EffectHandlers:
    """How each kind of effect is carried out for the current key.

    Args:
        services: What the actions share.
        store: State of the current key.
        host: Takes outputs.
        background: Runs what takes time.
        own: Makes the entry of a key its own, of which something stays open.
        durable: The durable journal, or None.

    Attributes:
        by_type: The way to carry out an effect, by its class. Gives what has happened by that.
    """

    def __init__(
        self,
        services: Services,
        store: KeyStore,
        host: Host,
        background: Background[OpenKey],
        own: Callable[[OpenKey], OpenKey],
        durable: DurableRuns | None,
    ) -> None:
        self._store = store
        self._host = host
        self._background = background
        self._own = own
        self._durable = durable
        self._actions = services.plan.actions_by_name
        self._metrics = services.metrics
        self._codec = services.codec
        self._memory = MemoryCache(store)
        self._calls = ActionCalls(services, store, self._memory, background)
        self.by_type: dict[type[Effect], Callable[[OpenKey, Any], Iterable[Input]]] = {
            RunAction: self._run_action,
            Emit: self._emit,
            WriteMemory: self._write_memory,
            EndRun: self._end_run,
            PutWaiting: self._put_waiting,
            TakeWaiting: self._take_waiting,
            ScheduleRetry: self._schedule_retry,
            IgnoreError: self._ignore_error,
            ReportUnused: self._report_unused,
            SendDeadLetter: self._send_dead_letter,
            Fail: self._fail,
        }

    def _run_action(self, entry: OpenKey, effect: RunAction) -> Iterable[Input]:
        calls = None
        if self._durable is not None:
            calls = self._durable.calls_of(entry.key, entry.state, effect)
            if found := calls.recall():
                return (CallsRecalled(effect.run, effect.task, effect.attempt, found),)
        action = self._actions[effect.action]
        self._metrics.action_started(action.name)
        if action.is_async:
            entry = self._own(entry)
            self._calls.start(entry, entry.key, action, effect, calls)
            return ()
        return self._calls.run(entry.key, action, effect, calls)

    def _emit(self, entry: OpenKey, effect: Emit) -> Iterable[Input]:
        self._host.emit(entry.key, effect.value, effect.timestamp)
        return ()

    def _write_memory(self, entry: OpenKey, effect: WriteMemory) -> Iterable[Input]:
        self._memory.write(entry.key, effect.nodes)
        return ()

    def _end_run(self, entry: OpenKey, effect: EndRun) -> Iterable[Input]:
        if self._durable is not None:
            self._durable.run_ended(entry.key, effect.run)
        return ()

    def _put_waiting(self, entry: OpenKey, effect: PutWaiting) -> Iterable[Input]:
        text = self._codec.dumps([effect.value, effect.timestamp])
        self._store.put_waiting(effect.index, text)
        return ()

    def _take_waiting(self, entry: OpenKey, effect: TakeWaiting) -> Iterable[Input]:
        value, timestamp = self._codec.loads(self._store.take_waiting(effect.index))
        return (WaitingTaken(value, timestamp),)

    def _schedule_retry(self, entry: OpenKey, effect: ScheduleRetry) -> Iterable[Input]:
        due = RetryDue(effect.run, effect.task, effect.attempt)
        self._background.after(effect.delay, self._own(entry), due)
        return ()

    def _ignore_error(self, entry: OpenKey, effect: IgnoreError) -> Iterable[Input]:
        self._metrics.of_action(effect.action).get_counter("numOfErrorsIgnored").inc()
        logger.warning(
            "Action %r, key %r: ignored %s: %s",
            effect.action,
            entry.key,
            type(effect.error).__name__,
            effect.error,
        )
        return ()

    def _report_unused(self, entry: OpenKey, effect: ReportUnused) -> Iterable[Input]:
        if self._durable is not None:
            where = f"action {effect.action!r}"
            self._durable.report_unused(entry.key, where, effect.calls)
        return ()

    def _send_dead_letter(self, entry: OpenKey, effect: SendDeadLetter) -> Iterable[Input]:
        self._host.dead_letter(DeadLetter.of(entry.key, effect))
        return ()

    def _fail(self, entry: OpenKey, effect: Fail) -> Iterable[Input]:
        raise _with_key(effect.error, entry.key)


def _with_key(error: ActionError, key: Hashable) -> ActionError:
    failure = ActionError(f"{error} (key {key!r})")
    failure.__cause__ = error.__cause__
    return failure

"""Calls the functions of actions: plain ones at once, asynchronous ones on the event loop."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from flink_agents.api.resource import kept_values
from flink_agents.engine.effects import RunAction
from flink_agents.engine.inputs import (
    ActionFailed,
    ActionFinished,
    CallFinished,
    EventStreamed,
    Input,
)
from flink_agents.engine.state import JournalEntry
from flink_agents.exceptions import AgentsError, DurableJournalError
from flink_agents.plan.agent_plan import ActionSpec
from flink_agents.runtime.background import Background
from flink_agents.runtime.context import ActionContext
from flink_agents.runtime.durable_calls import TaskCalls
from flink_agents.runtime.host import KeyStore
from flink_agents.runtime.kept_values import kept_paths
from flink_agents.runtime.memory_cache import MemoryCache
from flink_agents.runtime.services import Services

K = TypeVar("K")


class ActionCalls(Generic[K]):
    """The calls of actions in one subtask.

    Args:
        services: What the actions share.
        store: State of the current key.
        memory: Short-term memory of the current key.
        background: Runs the asynchronous ones.
    """

    def __init__(
        self,
        services: Services,
        store: KeyStore,
        memory: MemoryCache,
        background: Background[K],
    ) -> None:
        self._services = services
        self._store = store
        self._memory = memory
        self._background = background
        self._kept_paths = kept_paths(services.plan)

    def run(
        self,
        key: Hashable,
        action: ActionSpec,
        effect: RunAction,
        durable: TaskCalls | None = None,
    ) -> Iterable[Input]:
        """Call a plain action of the current key; gives what has happened then."""
        calls: list[JournalEntry] = []
        context = ActionContext(
            self._services,
            action,
            key,
            effect,
            partial(self._memory.read, key),
            calls.append,
            durable=durable,
        )
        try:
            scope = self._services.scope(action.name)
            _check_returned(action, scope.run(action.func, effect.event, context))
            return (ActionFinished(effect.run, effect.task, effect.attempt, context.result()),)
        except DurableJournalError:
            raise
        except Exception as error:
            context.close()
            # What was called is of use only to another attempt.
            made = [CallFinished(effect.run, effect.task, effect.attempt, call) for call in calls]
            return (*made, ActionFailed(effect.run, effect.task, effect.attempt, error))

    def start(
        self,
        owner: K,
        key: Hashable,
        action: ActionSpec,
        effect: RunAction,
        durable: TaskCalls | None = None,
    ) -> None:
        """Start an asynchronous action of the current key.

        Args:
            owner: Who is told what happens.
            key: The current key.
            action: The action.
            effect: Tells run, task and attempt.
            durable: Its calls in the durable journal, if there is one.
        """
        memory = self._kept(key) if action.concurrent else self._store.all_memory()
        place = effect.run, effect.task, effect.attempt
        background = self._background
        context = ActionContext(
            self._services,
            action,
            key,
            effect,
            memory.get,
            lambda done: background.report(owner, CallFinished(*place, done)),
            lambda event: background.report(owner, EventStreamed(*place, event)),
            durable,
        )

        async def call() -> Input:
            if self._kept_paths:
                kept_values.set(context.kept_values())
            try:
                _check_returned(action, await action.func(effect.event, context))
                return ActionFinished(*place, context.result())
            except BaseException as error:
                # Also what is no Exception, such as the cancellation of a task that the action
                # awaits: without an outcome its key would wait for ever.
                context.close()
                return ActionFailed(*place, _as_exception(error))

        background.run(owner, action.name, call)

    def _kept(self, key: Hashable) -> dict[str, str]:
        nodes = {path: self._memory.read(key, path) for path in self._kept_paths}
        return {path: node for path, node in nodes.items() if node is not None}


def _check_returned(action: ActionSpec, returned: Any) -> None:
    """Refuse a result, which would be lost: most often it was meant as an output."""
    if returned is None:
        return
    if inspect.iscoroutine(returned):
        returned.close()
        raise TypeError(
            f"Action {action.name!r} returned a coroutine without awaiting it. Declare the action "
            "`async def` and await the call."
        )
    raise TypeError(
        f"Action {action.name!r} returned a {type(returned).__name__}. Actions return nothing: "
        "send an OutputEvent to put a value into the output."
    )


def _as_exception(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    failure = AgentsError(f"ended with {type(error).__name__} {error}")
    failure.__cause__ = error
    return failure

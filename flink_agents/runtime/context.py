"""The context that actions get: collects what they do, for the engine to apply."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

from flink_agents.api.blocking import run_in_thread
from flink_agents.api.configuration import ReadableConfiguration
from flink_agents.api.events.event import EVENT_TYPE_NAMES, Event
from flink_agents.api.memory_object import MemoryObject, MemoryType
from flink_agents.api.metric_group import MetricGroup
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.runner_context import AsyncExecutionResult, RunnerContext
from flink_agents.engine.effects import RunAction
from flink_agents.engine.inputs import ActionResult
from flink_agents.engine.journal import TaskJournal, call_digest, call_name
from flink_agents.engine.state import JournalEntry
from flink_agents.engine.step import check_heard
from flink_agents.exceptions import AgentsError
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from flink_agents.runtime.call_errors import dump_error, load_error
from flink_agents.runtime.durable_calls import TaskCalls
from flink_agents.runtime.kept_values import StoredValues
from flink_agents.runtime.memory import MemoryView, StoredMemoryObject

if TYPE_CHECKING:
    from flink_agents.runtime.services import Services


class ActionContext(RunnerContext):
    """Context of one attempt of one task.

    Args:
        services: What the subtask shares between its actions.
        action: The action that runs.
        key: The key.
        effect: Tells task, attempt, journal and sensory memory.
        read_memory: Reads a node of short-term memory.
        finished: Is told of each durable call that finishes.
        stream: Sends an event before the action has returned; None where that cannot be.
        durable: Its calls in the durable journal, if there is one.
    """

    __slots__ = (
        "_action",
        "_closed",
        "_durable",
        "_effect",
        "_events",
        "_finished",
        "_journal",
        "_kept",
        "_key",
        "_pending",
        "_read_memory",
        "_sensory",
        "_services",
        "_short_term",
        "_stream",
    )

    def __init__(
        self,
        services: Services,
        action: ActionSpec,
        key: Any,
        effect: RunAction,
        read_memory: Callable[[str], str | None],
        finished: Callable[[JournalEntry], None],
        stream: Callable[[Event], None] | None = None,
        durable: TaskCalls | None = None,
    ) -> None:
        self._services = services
        self._action = action
        self._key = key
        self._effect = effect
        self._read_memory = read_memory
        self._finished = finished
        self._durable = durable
        self._stream = None if effect.again else stream
        self._events: list[Event] = []
        self._short_term: StoredMemoryObject | None = None
        self._sensory: StoredMemoryObject | None = None
        self._journal: TaskJournal | None = None
        self._pending: list[_DurableCall] | None = None
        self._kept: StoredValues | None = None
        self._closed = False

    @property
    def plan(self) -> AgentPlan:
        """The plan of the agent."""
        return self._services.plan

    @property
    def key(self) -> Any:
        return self._key

    def send_event(self, event: Event) -> None:
        if self._closed:
            raise AgentsError(
                f"Action {self._action.name!r} used its context after it had returned. Await what "
                "it starts before it returns."
            )
        if not isinstance(event, Event):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"Action {self._action.name!r} sent a {type(event).__name__}, which is no Event. "
                "Send OutputEvent(output=...) to put a value into the output."
            )
        if type(event) is Event and (known := EVENT_TYPE_NAMES.get(event.get_type())):
            event = known.from_event(event)
        if not self._action.concurrent:
            check_heard(self._services.plan, self._action.name, event)
        self._events.append(event)

    @property
    def can_stream(self) -> bool:
        """Whether :meth:`stream_event` sends: not if the task may have run before."""
        return self._stream is not None

    def stream_event(self, event: Event) -> None:
        """Send an event at once, before the action has returned; at most once.

        Raises:
            UnhandledEventError: If no action listens to it.
        """
        check_heard(self._services.plan, self._action.name, event)
        if self._stream is not None and not self._closed:
            self._stream(event)

    def get_resource(
        self, name: str, type: ResourceType, metric_group: MetricGroup | None = None
    ) -> Resource:
        resource = self._services.resources.get(name, ResourceType(type))
        if metric_group is not None:
            resource.set_metric_group(metric_group)
        return resource

    @property
    def action_config(self) -> dict[str, Any]:
        return dict(self._action.config)

    def get_action_config_value(self, key: str) -> Any:
        return self._action.config.get(key)

    @property
    def short_term_memory(self) -> MemoryObject:
        if self._short_term is None:
            self._short_term = self._object(MemoryType.SHORT_TERM, self._read_memory)
        return self._short_term

    @property
    def sensory_memory(self) -> MemoryObject:
        if self._sensory is None:
            self._sensory = self._object(MemoryType.SENSORY, self._effect.sensory.get)
        return self._sensory

    @property
    def agent_metric_group(self) -> MetricGroup:
        return self._services.metrics.agent

    @property
    def action_metric_group(self) -> MetricGroup:
        return self._services.metrics.of_action(self._action.name)

    @property
    def config(self) -> ReadableConfiguration:
        return self._services.config

    def durable_execute(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if inspect.iscoroutinefunction(func):
            raise TypeError(
                f"{call_name(func)} is async. Await ctx.durable_execute_async in an async action."
            )
        name, digest, entry = self._claim(func, args, kwargs)
        if entry is None:
            self._task_journal().check_sequential(name)
            if self._durable is not None:
                self._durable.journal.check_may_wait()
            try:
                result: Any = func(*args, **kwargs)
            except Exception as error:
                self._record(self._entry(name, digest, False, dump_error(error)))
                raise
            self._record(self._entry(name, digest, True, self._services.codec.to_json(result)))
            return result
        return self._replayed(entry)

    def durable_execute_async(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncExecutionResult[Any]:
        if not self._action.is_async:
            raise TypeError(
                f"Action {self._action.name!r} is a plain function, which cannot await. Declare it "
                "`async def`, or call ctx.durable_execute."
            )
        call = _DurableCall(self, func, args, kwargs)
        if self._pending is None:
            self._pending = []
        self._pending.append(call)
        return call

    def close(self) -> None:
        self._closed = True

    def kept_values(self) -> StoredValues:
        """What resources keep with the key."""
        if self._kept is None:
            self._kept = StoredValues(self._read_memory, self._services.codec)
        return self._kept

    def result(self) -> ActionResult:
        """What the action has done; it must have returned.

        Raises:
            AgentsError: If it started a durable call and never awaited it.
            ReplayMismatchError: If it made other calls than before the crash.
        """
        self._closed = True
        for call in self._pending or ():
            if not call.awaited:
                raise AgentsError(
                    f"Action {self._action.name!r} never awaited "
                    f"ctx.durable_execute_async({call.name}, ...), so its result would be lost."
                )
        unused: list[str] = []
        if self._journal is not None or self._effect.journal:
            self._task_journal().check_complete()
            unused = self._task_journal().unused()
        writes = self._short_term.view.writes if self._short_term is not None else {}
        if self._kept is not None:
            writes = {**writes, **self._kept.writes}
        return ActionResult(
            self._events,
            writes,
            self._sensory.view.writes if self._sensory is not None else {},
            unused,
        )

    async def make_call(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Make a durable call, or answer it from the journal."""
        name, digest, entry = self._claim(func, args, kwargs)
        if entry is not None:
            return self._replayed(entry)
        try:
            result = await self._services.limited(_invoke(func, args, kwargs), name)
        except Exception as error:
            await self._record_async(self._entry(name, digest, False, dump_error(error)))
            raise
        value = self._services.codec.to_json(result)
        await self._record_async(self._entry(name, digest, True, value))
        return result

    def _claim(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, str, JournalEntry | None]:
        name = call_name(func)
        digest = call_digest(self._services.codec, func, args, kwargs)
        return name, *self._task_journal().claim(name, digest)

    def _task_journal(self) -> TaskJournal:
        if self._journal is None:
            effect = self._effect
            self._journal = TaskJournal(self._action.name, effect.journal, effect.attempt)
        return self._journal

    def _entry(self, name: str, digest: str, ok: bool, value: Any) -> JournalEntry:
        return JournalEntry(name, digest, self._effect.attempt, ok, value)

    def _record(self, entry: JournalEntry) -> None:
        if self._durable is not None:
            self._durable.keep_now(entry)
        self._finished(entry)

    async def _record_async(self, entry: JournalEntry) -> None:
        # First there, so that no result goes anywhere that a crash would take back.
        if self._durable is not None:
            await self._durable.keep(entry)
        self._finished(entry)

    def _replayed(self, entry: JournalEntry) -> Any:
        if entry.ok:
            return self._services.codec.from_json(entry.value)
        raise load_error(entry.value)

    def _object(self, kind: MemoryType, read: Callable[[str], str | None]) -> StoredMemoryObject:
        where = (self._action.name, self._key)
        return StoredMemoryObject(MemoryView(kind, read, self._services.codec, where))


class _DurableCall(AsyncExecutionResult[Any]):
    """A durable call that starts when it is first awaited or given to the event loop."""

    def __init__(
        self,
        context: ActionContext,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.name = call_name(func)
        self.awaited = False
        self._task: asyncio.Task[Any] | None = None
        self._make = lambda: context.make_call(func, args, kwargs)

    def __await__(self) -> Generator[Any, Any, Any]:
        self.awaited = True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._make())
        return self._task.__await__()


async def _invoke(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(func):
        return await func(*args, **kwargs)
    result = await run_in_thread(func, *args, **kwargs)
    return await result if isinstance(result, Awaitable) else result

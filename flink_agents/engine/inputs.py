"""What can happen to a key. Hosts feed these to the engine, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.events.event import Event
from flink_agents.engine.state import JournalEntry


@dataclass(slots=True)
class ElementArrived:
    """An element of the input stream has arrived.

    Attributes:
        value: The element.
        timestamp: Its event time in milliseconds, or None.
        admit: Whether there is room to start it now; else it waits for :class:`Admitted`.
    """

    value: Any
    timestamp: int | None = None
    admit: bool = True


@dataclass(slots=True)
class Admitted:
    """There is room again for a key whose element was not admitted."""


@dataclass(slots=True)
class WaitingTaken:
    """The host has taken the oldest waiting element out of its queue, as it was told to.

    Attributes:
        value: The element.
        timestamp: Its event time in milliseconds, or None.
    """

    value: Any
    timestamp: int | None = None


@dataclass(slots=True)
class CallFinished:
    """A durable call of a task has finished.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: Attempt that made the call.
        entry: What to keep of it.
    """

    run: int
    task: int
    attempt: int
    entry: JournalEntry


@dataclass(slots=True)
class CallsRecalled:
    """The durable journal has finished calls of a task that was to run: it is to run with them.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: Attempt that was to run.
        entries: What was kept of the calls, of any attempt.
    """

    run: int
    task: int
    attempt: int
    entries: list[JournalEntry]


@dataclass(slots=True)
class EventStreamed:
    """A task has sent an event before its end. It is not kept, should the task run again.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: Attempt that sent it.
        event: The event.
    """

    run: int
    task: int
    attempt: int
    event: Event


@dataclass(slots=True)
class ActionResult:
    """What an action has done.

    Attributes:
        events: Events sent, in order.
        memory: Nodes of short-term memory written, as text by path; None removes one.
        sensory: The same for sensory memory.
        unused: Names of calls that the durable journal has of the task and that it did not make.
    """

    events: list[Event] = field(default_factory=list[Event])
    memory: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    sensory: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    unused: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class ActionFinished:
    """An action has returned.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: Attempt that has finished.
        result: What it has done.
    """

    run: int
    task: int
    attempt: int
    result: ActionResult


@dataclass(slots=True)
class ActionFailed:
    """An action has raised.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: Attempt that has failed.
        error: What it raised.
    """

    run: int
    task: int
    attempt: int
    error: Exception


@dataclass(slots=True)
class RetryDue:
    """The wait before another attempt is over.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: The attempt that is due.
    """

    run: int
    task: int
    attempt: int


@dataclass(slots=True)
class Restored:
    """The key was read back from a checkpoint: nothing of it is under way."""


Input = (
    ElementArrived
    | Admitted
    | WaitingTaken
    | CallFinished
    | CallsRecalled
    | EventStreamed
    | ActionFinished
    | ActionFailed
    | RetryDue
    | Restored
)

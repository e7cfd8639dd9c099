"""What the engine wants done. Hosts carry these out in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.events.event import Event
from flink_agents.engine.state import JournalEntry
from flink_agents.exceptions import ActionError


@dataclass(slots=True)
class RunAction:
    """Run an action and answer with ``ActionFinished`` or ``ActionFailed``.

    Attributes:
        task: Id of the task.
        action: Name of the action.
        event: Its event.
        attempt: Attempt, from 1.
        journal: Calls that are finished already and must not be repeated.
        sensory: Sensory memory of the run. Not to be changed.
        again: Whether the task may have run before, in part: it is another attempt, or the key was
            restored.
        run: Number of the run.
        path: What the task comes from, within the run.
    """

    task: int
    action: str
    event: Event
    attempt: int
    journal: tuple[JournalEntry, ...]
    sensory: dict[str, str]
    again: bool = False
    run: int = 0
    path: str = ""


@dataclass(slots=True)
class ScheduleRetry:
    """Answer with ``RetryDue`` after a while.

    Attributes:
        run: Number of the run.
        task: Id of the task.
        attempt: The attempt that will be due.
        delay: Seconds to wait.
    """

    run: int
    task: int
    attempt: int
    delay: float


@dataclass(slots=True)
class PutWaiting:
    """Put an element into the key's queue.

    Attributes:
        index: Its place.
        value: The element.
        timestamp: Its event time in milliseconds, or None.
    """

    index: int
    value: Any
    timestamp: int | None


@dataclass(slots=True)
class TakeWaiting:
    """Take an element out of the key's queue and answer with ``WaitingTaken``.

    Attributes:
        index: Its place.
    """

    index: int


@dataclass(slots=True)
class WriteMemory:
    """Write short-term memory.

    Attributes:
        nodes: Nodes as text by path; None removes one.
    """

    nodes: dict[str, str | None]


@dataclass(slots=True)
class Emit:
    """Send a value downstream.

    Attributes:
        value: The value.
        timestamp: Event time of the run's input element in milliseconds, or None.
    """

    value: Any
    timestamp: int | None


@dataclass(slots=True)
class SendDeadLetter:
    """Send a failed event to the dead letters.

    Attributes:
        action: The action that failed.
        event: Its event.
        input: The input element of the run.
        error: What went wrong.
        attempts: How often it was tried.
    """

    action: str
    event: Event
    input: Any
    error: Exception
    attempts: int


@dataclass(slots=True)
class ReportUnused:
    """Count and log calls of the durable journal that a replayed action did not make.

    Attributes:
        action: The action.
        calls: Names of the calls.
    """

    action: str
    calls: list[str]


@dataclass(slots=True)
class IgnoreError:
    """Count and log an error that the job is set to ignore.

    Attributes:
        action: The action that failed.
        error: What went wrong.
    """

    action: str
    error: Exception


@dataclass(slots=True)
class Fail:
    """Fail the job.

    Attributes:
        error: Names the action and the event; the cause is chained.
    """

    error: ActionError


@dataclass(slots=True)
class EndRun:
    """The run is over.

    Attributes:
        run: Number of the run.
    """

    run: int = field(default=0, compare=False)


Effect = (
    RunAction
    | ScheduleRetry
    | PutWaiting
    | TakeWaiting
    | WriteMemory
    | Emit
    | SendDeadLetter
    | ReportUnused
    | IgnoreError
    | Fail
    | EndRun
)

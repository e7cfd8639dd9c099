"""The state of one key: what is open, and what has been finished of it.

Only open work is in it. When a run ends and nothing waits, the state is empty and the host drops
it. The text form is JSON with a version; see ``docs/architecture.md`` for its rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.events.event import Event
from flink_agents.engine.codec import DAMAGE, Codec, to_text
from flink_agents.exceptions import NotStorableError, StateFormatError

#: Version of the text form. Raised when older code could not read what newer code writes.
STATE_VERSION = 1


@dataclass(frozen=True)
class JournalEntry:
    """A finished call of a task.

    Attributes:
        call: What was called: name of the function.
        digest: Digest of the function's name and arguments; of a further call with the same
            ones in its attempt, with ``#`` and its number behind it.
        attempt: Attempt of the task in which the call was made, from 1.
        ok: Whether the call returned, else it raised.
        value: The result, or the error, as JSON values of the codec.
        recalled: It comes from the durable journal: the attempt that made it is not in state.
    """

    call: str
    digest: str
    attempt: int
    ok: bool
    value: Any
    recalled: bool = False


@dataclass(slots=True)
class Task:
    """An event on its way through one action.

    Attributes:
        id: Number within the run, from 0.
        action: Name of the action.
        event: The event.
        attempt: Attempt under way or waited for, from 1.
        retry_delay: Seconds to wait before the attempt, or None while it may run.
        started: The host has been told to run it.
        journal: Calls finished so far.
        path: What the task comes from: the same in each replay of the run, whatever finishes first.
        streamed: Number of events that it has sent before its end.
    """

    id: int
    action: str
    event: Event
    attempt: int = 1
    retry_delay: float | None = None
    started: bool = False
    journal: list[JournalEntry] = field(default_factory=list[JournalEntry])
    path: str = ""
    streamed: int = 0


@dataclass(slots=True)
class Run:
    """What an input element has set going.

    Attributes:
        value: The input element.
        timestamp: Its event time in milliseconds, or None.
        tasks: Open tasks by id, in the order of their creation.
        next_task: Id of the next task.
        sensory: Sensory memory: nodes as text by path.
        number: Number of the run among those of its key, from 1.
        input_digest: Digest of the input element as it came, for a durable journal, or empty.
    """

    value: Any
    timestamp: int | None
    tasks: dict[int, Task] = field(default_factory=dict[int, Task])
    next_task: int = 0
    sensory: dict[str, str] = field(default_factory=dict[str, str])
    number: int = 0
    input_digest: str = field(default="", compare=False)


@dataclass(slots=True)
class KeyState:
    """Everything that is open for one key.

    Attributes:
        run: The run under way, or None.
        first_waiting: Index of the oldest waiting element in the host's queue.
        next_waiting: Index that the next waiting element gets.
        runs: Number of runs started so far. A host that needs it keeps the state of a key that has
            no open work, too.
    """

    run: Run | None = None
    first_waiting: int = 0
    next_waiting: int = 0
    runs: int = field(default=0, compare=False)

    @property
    def waiting(self) -> int:
        """Number of elements that wait."""
        return self.next_waiting - self.first_waiting

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open and nothing waits."""
        return self.run is None and self.first_waiting == self.next_waiting


def dump_state(state: KeyState, codec: Codec) -> str:
    """The state as text.

    Raises:
        NotStorableError: If an event or value in it cannot be kept in state.
    """
    body: dict[str, Any] = {"v": STATE_VERSION, "q": [state.first_waiting, state.next_waiting]}
    try:
        if state.run is not None:
            body["run"] = _dump_run(state.run, codec)
        elif state.runs:
            body["r"] = state.runs
        return to_text(body)
    except RecursionError:
        raise NotStorableError(
            "The input element or an event of its run is nested too deeply, or contains itself. "
            "Use plain values, and refer to others by an id."
        ) from None


def load_state(text: str, codec: Codec) -> KeyState:
    """The state of a text.

    Raises:
        StateFormatError: If it is damaged or of another version.
    """
    try:
        body = json.loads(text)
        version = body["v"]
    except DAMAGE as error:
        raise _damaged(text, error) from error
    if version != STATE_VERSION:
        raise StateFormatError(
            f"The state of a key has format version {version}, this is version {STATE_VERSION}. "
            "Restore it with the version of pyflink-agents that wrote it."
        )
    try:
        first, following = body["q"]
        open_run = body.get("run")
        run = _load_run(open_run, codec) if open_run is not None else None
        runs = run.number if run is not None else body.get("r", 0)
        return KeyState(run, first, following, runs)
    except DAMAGE as error:
        raise _damaged(text, error) from error


def _damaged(text: str, error: Exception) -> StateFormatError:
    return StateFormatError(
        f"The state of a key cannot be read ({type(error).__name__}: {error}): {text[:200]!r}."
    )


def _load_run(body: dict[str, Any], codec: Codec) -> Run:
    tasks = [_load_task(task, codec) for task in body["tasks"]]
    for task, path in zip(tasks, body.get("paths", ()), strict=False):
        task.path = path
    return Run(
        codec.from_json(body["value"]),
        body["ts"],
        {task.id: task for task in tasks},
        body["next"],
        body["sensory"],
        body.get("n", 0),
        body.get("in", ""),
    )


def _dump_run(run: Run, codec: Codec) -> dict[str, Any]:
    body = {
        "value": codec.to_json(run.value),
        "ts": run.timestamp,
        "next": run.next_task,
        "sensory": run.sensory,
        "tasks": [_dump_task(task, codec) for task in run.tasks.values()],
    }
    if run.number:
        body["n"] = run.number
        body["paths"] = [task.path for task in run.tasks.values()]
    if run.input_digest:
        # An action may have changed the element since.
        body["in"] = run.input_digest
    return body


def _dump_task(task: Task, codec: Codec) -> list[Any]:
    journal = [
        [e.call, e.digest, e.attempt, e.ok, e.value, *([True] if e.recalled else [])]
        for e in task.journal
    ]
    event = codec.to_json(task.event)
    return [task.id, task.action, event, task.attempt, task.retry_delay, task.started, journal]


def _load_task(body: list[Any], codec: Codec) -> Task:
    number, action, event, attempt, retry_delay, started, journal = body
    entries = [JournalEntry(*entry) for entry in journal]
    return Task(number, action, codec.from_json(event), attempt, retry_delay, started, entries)

"""Runs tasks on the event loop and queues their outcomes for the thread that owns the state."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flink_agents.engine.inputs import Input
from flink_agents.runtime.services import Services

K = TypeVar("K")
Call = Callable[[], Coroutine[Any, Any, Input]]

#: Seconds between two looks of the event loop for tasks to start, while they come one after the
#: other. To wake it up for each would cost more than half as much CPU again per task, since the
#: two threads would hand the interpreter's lock to each other each time.
_LOOK_AGAIN = 0.002


@dataclass(slots=True)
class Outcome(Generic[K]):
    """Something that happened to a key in the background.

    Attributes:
        key: The key, as it was submitted.
        given: What happened.
        final: The task or wait is over.
    """

    key: K
    given: Input
    final: bool


class Background(Generic[K]):
    """The tasks of one subtask that are under way on the event loop.

    Only the owner's thread may call its methods. ``open`` counts the tasks and waits that were
    submitted and whose end has not been collected yet.
    """

    def __init__(self, services: Services) -> None:
        self.open = 0
        self._services = services
        self._loop = services.shared_loop.loop
        self._outcomes: queue.SimpleQueue[Outcome[K]] = queue.SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()
        self._submitted: list[tuple[K, Call, Context]] = []
        self._is_looking = False
        self._closed = False

    def run(self, key: K, action: str, call: Call) -> None:
        """Run a coroutine for an action; what it returns is the outcome. It must not raise."""
        self.open += 1
        scope = self._services.scope(action).copy()
        with self._lock:
            self._submitted.append((key, call, scope))
            is_looking, self._is_looking = self._is_looking, True
        if not is_looking:
            self._loop.call_soon_threadsafe(self._start_submitted)

    def after(self, delay: float, key: K, given: Input) -> None:
        """Give an input back after ``delay`` seconds."""
        self.open += 1
        outcome = Outcome(key, given, True)
        self._loop.call_soon_threadsafe(
            lambda: self._loop.call_later(delay, self._outcomes.put, outcome)
        )

    def report(self, key: K, given: Input) -> None:
        """Report what happens before the end of a task. Called on the event loop."""
        self._outcomes.put(Outcome(key, given, False))

    def collect(self, wait: float = 0.0) -> list[Outcome[K]]:
        """What has happened since the last time.

        Args:
            wait: Seconds to wait for a first outcome if there is none yet.
        """
        found: list[Outcome[K]] = []
        try:
            if wait > 0:
                found.append(self._outcomes.get(timeout=wait))
            while True:
                found.append(self._outcomes.get_nowait())
        except queue.Empty:
            pass
        self.open -= sum(outcome.final for outcome in found)
        return found

    def close(self) -> None:
        """Cancel what is under way and wait until it has ended."""
        self._closed = True
        self._services.shared_loop.run(self._cancel(), timeout=30)
        # An outcome has the error with its frames, which refer to this object: a circle.
        self.collect()

    def _start_submitted(self) -> None:
        with self._lock:
            submitted, self._submitted = self._submitted, []
            self._is_looking = bool(submitted)
        for key, call, scope in submitted:
            scope.run(self._start, key, call)
        if submitted:
            self._loop.call_later(_LOOK_AGAIN, self._start_submitted)

    def _start(self, key: K, call: Call) -> None:
        if self._closed:
            return
        task = self._loop.create_task(self._outcome_of(key, call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _outcome_of(self, key: K, call: Call) -> None:
        self._outcomes.put(Outcome(key, await call(), True))

    async def _cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

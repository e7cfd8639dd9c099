"""Writes finished calls in batches: those that finish during one write share the next one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flink_agents.exceptions import DurableJournalError, EnvironmentSetupError
from flink_agents.runtime.flink.journal.folder import JournalFolder

logger = logging.getLogger(__name__)

#: Seconds in which calls gather before they are written. Each write makes two threads hand the
#: interpreter's lock to each other, which costs more than the write itself.
_GATHER = 0.004
#: Where that many calls have come in this time, more seconds: with so much to do, what counts is
#: the number of writes, not how long one call waits.
_MANY = 4
_GATHER_MANY = 0.012
#: Seconds between two writes where each of them is a file of its own.
_GATHER_FILES = 0.2
#: A file is followed by another one when it has so many bytes, or is so many seconds old.
_MOST_BYTES = 8_000_000
_MOST_SECONDS = 20.0


@dataclass(frozen=True)
class ClosedFile:
    """A file that is not written to any more.

    Attributes:
        name: Its name.
        batch: Number of the last batch in it.
    """

    name: str
    batch: int


@dataclass
class _Batch:
    lines: list[bytes] = field(default_factory=list[bytes])
    futures: list[asyncio.Future[None]] = field(default_factory=list[Any])
    events: list[threading.Event] = field(default_factory=list[threading.Event])


class Committer:
    """The writing end of a journal.

    Where the folder may be used on any thread, a thread of its own writes. Else the thread that
    made it does, in :meth:`commit_if_due`.

    Args:
        folder: Where to.
        prefix: What the names of its files begin with, as no others do.
        suffix: What they end with.
        loop: The event loop that calls :meth:`keep`.
    """

    def __init__(
        self, folder: JournalFolder, prefix: str, suffix: str, loop: asyncio.AbstractEventLoop
    ) -> None:
        #: Batches whose calls have gone back to the actions that made them.
        self.reported = 0
        self._folder = folder
        self._prefix = prefix
        self._suffix = suffix
        self._loop = loop
        self._owner = threading.get_ident()
        self._changed = threading.Condition()
        self._urgent = threading.Event()
        self._batch = _Batch()
        self._closed = False
        self._error: DurableJournalError | None = None
        self._torn = False  # a write has failed: half a line may be there, and none may follow it
        self._batches = 0
        self._files = 0
        self._name = ""
        self._size = 0
        self._begun = 0.0
        self._full: list[ClosedFile] = []
        self._thread: threading.Thread | None = None
        if folder.any_thread:
            self._thread = threading.Thread(
                target=self._commit_on, name="flink-agents-journal", daemon=True
            )
            self._thread.start()

    async def keep(self, line: bytes) -> None:
        """Write a line; returns when it is durable, and not at all if that cannot be."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._add(line, self._batch_futures, future)
        await future

    def check_may_wait(self) -> None:
        """Refuse :meth:`keep_now` on the event loop where the operator's thread does the writing.

        Raises:
            EnvironmentSetupError: If the event loop would wait for it: with it all calls in flight,
                and for ever if that thread waits for one of them.
        """
        if self._thread is None and threading.get_ident() != self._owner and _on_event_loop():
            raise EnvironmentSetupError(
                "ctx.durable_execute in an async action cannot be used with a durable journal on "
                "one of Flink's file systems, since it would hold up all calls in flight. Use "
                "'await ctx.durable_execute_async(...)', or a folder on a mounted disk."
            )

    def keep_now(self, line: bytes) -> None:
        """Write a line, without waiting for others to share the batch.

        Raises:
            DurableJournalError: If it cannot be written.
        """
        done = threading.Event()
        self._urgent.set()
        self._add(line, self._batch_events, done)
        if self._thread is None and threading.get_ident() == self._owner:
            self._commit()
        done.wait()
        self.check()
        if self._closed:
            raise DurableJournalError("The durable journal is closed: its subtask has ended.")

    def check(self) -> None:
        """Raise what went wrong.

        Raises:
            DurableJournalError: If a batch could not be written.
        """
        if self._error is not None:
            raise self._error

    def commit_if_due(self) -> None:
        """Write what has gathered, if no thread of its own does."""
        if self._thread is None and self._batch.lines:
            now = time.monotonic()
            if now - self._begun >= _GATHER_FILES:
                self._begun = now
                self._commit()

    def take_closed(self) -> list[ClosedFile]:
        """The files that have been closed since the last time."""
        with self._changed:
            full, self._full = self._full, []
            return full

    def close(self, error: DurableJournalError | None = None) -> None:
        """Write what has gathered and end. Calls that come later wait for ever.

        Args:
            error: What :meth:`check` raises from then on.
        """
        self._error = self._error or error
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._urgent.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        with self._changed:
            left, self._batch = self._batch, _Batch()
        for event in left.events:
            event.set()

    def _batch_futures(self) -> list[Any]:
        return self._batch.futures

    def _batch_events(self) -> list[Any]:
        return self._batch.events

    def _add(self, line: bytes, waiters: Callable[[], list[Any]], waiter: Any) -> None:
        with self._changed:
            if self._closed or self._error is not None:
                if isinstance(waiter, threading.Event):
                    waiter.set()
                return
            self._batch.lines.append(line)
            waiters().append(waiter)
            if len(self._batch.lines) == 1:
                self._changed.notify()

    def _commit_on(self) -> None:
        while True:
            with self._changed:
                while not (self._batch.lines or self._closed):
                    self._changed.wait()
                if not self._batch.lines:
                    break
            if not self._closed:
                self._urgent.wait(_GATHER)
                if len(self._batch.lines) >= _MANY:
                    self._urgent.wait(_GATHER_MANY)
            self._urgent.clear()
            self._commit()
        close: Callable[[], None] = getattr(self._folder, "close", lambda: None)
        close()

    def _commit(self) -> None:
        with self._changed:
            batch, self._batch = self._batch, _Batch()
        if not self._torn and self._write(batch):
            self._batches += 1
            self._tell_loop(self._batches, batch.futures)
        for event in batch.events:
            event.set()

    def _write(self, batch: _Batch) -> bool:
        data = b"".join(batch.lines)
        try:
            self._folder.write(self._file_for(len(data)), data)
        except Exception as error:
            self._torn = True
            self._error = DurableJournalError(
                f"The durable journal could not keep {len(batch.lines)} finished calls: "
                f"{type(error).__name__}: {error}. The job fails, since a crash would repeat them. "
                "See to the folder of the option 'durable-journal': is it full, or gone?"
            )
            self._error.__cause__ = error
            logger.error("%s", self._error)
            return False
        return True

    def _file_for(self, size: int) -> str:
        """The name of the file for the next batch."""
        now = time.monotonic()
        full = self._size + size > _MOST_BYTES or now - self._begun > _MOST_SECONDS
        if not self._name or full or not self._folder.appends:
            if self._name:
                with self._changed:
                    self._full.append(ClosedFile(self._name, self._batches))
            self._files += 1
            self._name = f"{self._prefix}{self._files:06d}{self._suffix}"
            self._size = 0
            if self._folder.appends:
                self._begun = now
        self._size += size
        return self._name

    def _tell_loop(self, number: int, futures: list[asyncio.Future[None]]) -> None:
        # The loop may have been closed; then nobody waits any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._release, number, futures)

    def _release(self, number: int, futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if not future.done():
                future.set_result(None)
        # Behind the steps of the tasks that have waited for the futures.
        self._loop.call_soon(self._mark, number)

    def _mark(self, number: int) -> None:
        self.reported = number


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

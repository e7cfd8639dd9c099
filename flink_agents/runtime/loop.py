"""The event loop that asynchronous work runs on: one thread per process, shared and counted."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_shared: SharedLoop | None = None


class SharedLoop:
    """An event loop in a thread of its own.

    Flink restarts a job inside the same process, and several subtasks may share one: each
    acquires the loop when it opens and releases it when it closes; the last one ends the thread.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._users = 0
        self._thread = threading.Thread(target=self._run, name="flink-agents-loop", daemon=True)
        self._thread.start()

    @staticmethod
    def acquire() -> SharedLoop:
        """The process's loop, started if need be."""
        global _shared
        with _lock:
            if _shared is None:
                _shared = SharedLoop()
            _shared._users += 1
            return _shared

    def release(self) -> None:
        """Give the loop back; the last user's call ends it."""
        global _shared
        with _lock:
            self._users -= 1
            if self._users:
                return
            _shared = None
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine from another thread and wait for its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(timeout)

    def _goes_on(self) -> bool:
        try:
            self.loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            # asyncio lets these out of the task that raised them; it has ended with them, and the
            # loop is shared with all others.
            logger.exception("A task on the event loop tried to end the process.")
            return True
        return False

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            while self._goes_on():
                pass
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()

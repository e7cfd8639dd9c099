"""Calls into one companion JVM: thousands in flight over two connections and two threads."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any

from flink_agents.bridge import wire
from flink_agents.bridge.facade_client import BridgeCallError, FacadeClient
from flink_agents.bridge.java_process import JavaProcess
from flink_agents.exceptions import EnvironmentSetupError, ModelUnavailableError

_WAIT_MILLIS = 5_000
#: A JVM that does not even say "nothing new" for so long is taken for dead.
_DEAD_SECONDS = 20.0
_BATCH = 256

Answer = dict[str, Any]
_Settled = tuple[Any, Any]


class JavaCalls:
    """A companion JVM and the calls that are open in it. Safe to use from several threads.

    Args:
        process: The JVM; it is stopped with this object.

    Raises:
        EnvironmentSetupError: If the JVM is of another version.
        ModelUnavailableError: If it has died already.
    """

    def __init__(self, process: JavaProcess) -> None:
        self.process = process
        self._open: dict[int, Future[Answer] | asyncio.Future[Answer]] = {}
        self._numbers = itertools.count(1)
        self._queue: SimpleQueue[str | int | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._ended: str | None = None
        self._clients: list[FacadeClient] = []
        try:
            self._greet()
        except BaseException:
            for client in self._clients:
                client.close()
            raise
        self._threads = [
            threading.Thread(target=target, args=(client,), name=name, daemon=True)
            for target, client, name in (
                (self._submit, self._clients[0], "flink-agents-java-submit"),
                (self._take, self._clients[1], "flink-agents-java-take"),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_usable(self) -> bool:
        """Whether calls can be made: the JVM runs and answers."""
        return self._ended is None

    def call(self, request: dict[str, Any]) -> tuple[int, Future[Answer]]:
        """Make a call from code that is not async; its number is for :meth:`cancel`."""
        number, future = next(self._numbers), Future[Answer]()
        self._send(number, request, future)
        return number, future

    async def acall(self, request: dict[str, Any], timeout: float) -> Answer:
        """Make a call and await its answer. When the task is cancelled, the call is too.

        Raises:
            TimeoutError: If there is none after that many seconds.
        """
        loop = asyncio.get_running_loop()
        number, future = next(self._numbers), loop.create_future()
        self._send(number, request, future)
        timer = loop.call_later(timeout, _set, future, asyncio.TimeoutError())
        try:
            return await future
        finally:
            timer.cancel()
            self.cancel(number)  # does nothing if there was an answer

    def cancel(self, number: int) -> None:
        """Give a call up, here and in the JVM."""
        if self._open.pop(number, None) is not None:
            self._queue.put(number)

    def stop(self) -> None:
        """End the JVM; calls that are open fail. May be called again."""
        self._end(orderly=True)
        for thread in self._threads:
            thread.join(timeout=10)

    def forget(self) -> None:
        """Give up what a forked child has of its parent's."""
        self._ended = "it belongs to the parent process"
        for client in self._clients:
            client.forget()
        self.process.forget()

    def _greet(self) -> None:
        try:
            for _ in range(2):
                client = FacadeClient(self.process.port, self.process.token, _DEAD_SECONDS)
                self._clients.append(client)
            answer = json.loads(self._clients[0].call("hello", wire.dumps(wire.hello())) or "")
        except BridgeCallError as error:
            raise EnvironmentSetupError(str(error)) from None
        except ConnectionError:
            raise self._unavailable(self.process.how_it_ended()) from None
        if (problem := wire.mismatch(answer)) is not None:
            raise EnvironmentSetupError(problem)

    def _send(self, number: int, request: dict[str, Any], future: Any) -> None:
        text = wire.dumps({"id": number, **request})
        with self._lock:
            if self._ended is None:
                self._open[number] = future
                self._queue.put(text)
                return
        raise self._unavailable(self._ended)

    def _submit(self, client: FacadeClient) -> None:
        """The thread that hands requests over, all that have gathered at once."""
        ends = False
        while not ends:
            requests: list[str] = []
            cancelled: list[int] = []
            item = self._queue.get()
            with contextlib.suppress(Empty):
                while True:
                    if item is None:
                        ends = True
                        break
                    (requests if isinstance(item, str) else cancelled).append(item)  # type: ignore[arg-type]
                    if len(requests) == _BATCH:
                        break
                    item = self._queue.get_nowait()
            try:
                if requests:
                    client.call("submit", wire.batch(requests))
                for number in cancelled:
                    client.call("cancel", number)
            except (ConnectionError, BridgeCallError):
                self._end()
                return

    def _take(self, client: FacadeClient) -> None:
        """The thread that waits for answers."""
        while self._ended is None:
            try:
                answers: list[Answer] = json.loads(client.call("take", _WAIT_MILLIS) or "[]")
            except (ConnectionError, BridgeCallError, ValueError):
                self._end()
                return
            self._settle([(self._open.pop(a["id"], None), a) for a in answers])

    def _end(self, *, orderly: bool = False) -> None:
        """Stop the process and fail what is open: it was asked to, or does not answer any more."""
        with self._lock:
            if self._ended is not None:
                return
            self._ended = "it was stopped"
            failed = list(self._open.values())
            self._open.clear()
        if not orderly:
            self._ended = self.process.how_it_ended()
        for client in self._clients:
            client.close()
        self._queue.put(None)
        self.process.stop(kill=not orderly)
        error = self._unavailable(self._ended)
        self._settle([(future, error) for future in failed])

    def _unavailable(self, why: str) -> ModelUnavailableError:
        return ModelUnavailableError(
            f"The companion JVM for Java chat models (process {self.process.pid}) is gone: {why}. "
            "The next call starts another one; what it wrote is in the log flink_agents.java."
        )

    def _settle(self, settled: list[_Settled]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Settled]] = {}
        for future, outcome in settled:
            if isinstance(future, asyncio.Future):
                by_loop.setdefault(future.get_loop(), []).append((future, outcome))
            elif future is not None:
                _set(future, outcome)
        for loop, waiting in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_set_all, waiting)


def _set_all(settled: list[_Settled]) -> None:
    for future, outcome in settled:
        _set(future, outcome)


def _set(future: Any, outcome: Any) -> None:
    if future.done():
        return
    setter: Callable[[Any], None] = (
        future.set_exception if isinstance(outcome, Exception) else future.set_result
    )
    setter(outcome)


__all__ = ["Answer", "JavaCalls"]

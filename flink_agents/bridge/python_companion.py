"""The companion Python process of a JVM: ``python -m flink_agents.bridge.python_companion``.

Its standard input begins with a line of JSON that has port and token of the JVM, and ends with the
JVM, however that ends. What it prints and logs goes to the log of the JVM.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

from flink_agents.api.blocking import event_loop, thread_pool
from flink_agents.api.garbage import look_less_often
from flink_agents.bridge import wire
from flink_agents.bridge.facade_client import BridgeCallError, FacadeClient
from flink_agents.bridge.python_models import PythonModels

_WAIT_MILLIS = 5_000
_DEAD_SECONDS = 20.0
_STOP_SECONDS = 5.0
_THREADS = 200
_BATCH = 256

logger = logging.getLogger("flink_agents.bridge")


class PythonCompanion:
    """Fetches requests from the JVM and brings it the answers.

    Args:
        port: Of the JVM's py4j server.
        token: What the server asks for.
    """

    def __init__(self, port: int, token: str) -> None:
        self._requests = FacadeClient(port, token, _DEAD_SECONDS)
        self._answers = FacadeClient(port, token, _DEAD_SECONDS)
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._models = PythonModels(self._queue.put)
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Work until the JVM is gone or has had enough."""
        loop = asyncio.get_running_loop()
        event_loop.set(loop)
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="flink-agents-chat")
        thread_pool.set(pool)

        def stop() -> None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(self._over.set)

        def start(requests: str) -> None:
            loop.call_soon_threadsafe(self._models.take, requests)

        self._requests.call("hello", wire.dumps(wire.hello()))
        for target, arguments in (
            (_read_to_the_end, (stop,)),
            (self._fetch, (start, stop)),
            (self._bring, (stop,)),
        ):
            threading.Thread(target=target, args=arguments, daemon=True).start()
        await self._over.wait()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._models.close(), _STOP_SECONDS)
        pool.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, start: Any, stop: Any) -> None:
        try:
            while True:
                requests = self._requests.call("take", _WAIT_MILLIS)
                if requests and requests != "[]":
                    start(requests)
        except (ConnectionError, BridgeCallError, RuntimeError) as error:
            logger.debug("No more requests: %s", error)
        finally:
            stop()

    def _bring(self, stop: Any) -> None:
        try:
            while (answer := self._queue.get()) is not None:
                answers = [answer]
                with contextlib.suppress(Empty):
                    while len(answers) < _BATCH:
                        if (more := self._queue.get_nowait()) is not None:
                            answers.append(more)
                self._answers.call("finished", wire.batch(answers))
        except (ConnectionError, BridgeCallError) as error:
            logger.debug("Answers are not wanted any more: %s", error)
        finally:
            stop()


def _read_to_the_end(stop: Any) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop()


def main() -> None:
    """Serve the JVM that started this process."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    look_less_often()
    told = sys.stdin.buffer.readline()
    if not told.strip():
        sys.exit("This program is started by the JVM of an agent, which tells it where to go.")
    place = json.loads(told)
    code = 0
    try:
        companion = PythonCompanion(place["port"], place["token"])
        asyncio.run(companion.run())
    except (ConnectionError, BridgeCallError) as error:
        print(error, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # A model that still blocks a thread must not keep the process alive without its JVM.
    os._exit(code)


if __name__ == "__main__":
    main()

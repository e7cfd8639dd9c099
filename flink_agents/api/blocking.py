"""The bridge between code that waits and code that awaits."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: The pool that blocking calls run in, set by the runtime for what it runs on its loop.
thread_pool: ContextVar[Executor | None] = ContextVar("thread_pool", default=None)

#: The loop that coroutines of blocking callers run on, set by the runtime while it is open.
event_loop: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("event_loop", default=None)


async def run_in_thread(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in the runtime's thread pool and await its result."""
    context = copy_context()
    call = functools.partial(context.run, func, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(thread_pool.get(), call)


def run_blocking(
    coroutine: Coroutine[Any, Any, T], release: Callable[[], Awaitable[None]] | None = None
) -> T:
    """Run a coroutine to its end from code that is not async, and return its result.

    It runs on the runtime's event loop where there is one, so that it shares the clients of that
    loop, else on a loop of its own.

    Args:
        coroutine: What to run.
        release: Awaited in the end on a loop of its own, which then closes. Default: nothing.

    Raises:
        RuntimeError: If called on the runtime's own loop, which would wait for itself for ever.
    """
    loop = event_loop.get()
    running = _running_loop()
    if loop is not None and loop.is_running():
        if loop is running:
            coroutine.close()
            raise RuntimeError(
                "A blocking call was made in an async function, on the event loop that has to "
                "carry it out. Await the async form instead, for example achat() for chat()."
            )
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    if running is None:
        return asyncio.run(_to_the_end(coroutine, release))
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(_to_the_end(coroutine, release)))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="flink-agents-blocking-call")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


async def _to_the_end(
    coroutine: Coroutine[Any, Any, T], release: Callable[[], Awaitable[None]] | None
) -> T:
    try:
        return await coroutine
    finally:
        if release is not None:
            await release()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None

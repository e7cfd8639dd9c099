"""Closes what Flink has dropped: in thread mode a function that failed or was cancelled.

Flink closes a function only if its job goes on to the end. What is left of the others is PyFlink's
operation with the function, Flink's contexts and, through them, the subtask's state in Java's heap.
They refer to each other in circles, which Python finds when it has made many new objects: that may
be long after the next attempt has restored the same state. So the end of the operator's interpreter
is the sign to close the function and to look for circles.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

logger = logging.getLogger(__name__)

#: Seconds in which the functions of a job are dropped together: circles are looked for once.
_TOGETHER = 1.0


class _Sign:
    """Lives as long as the interpreter that has made it."""


_interpreter = threading.local()
# A finalizer may run anywhere, also within a call that holds a lock: this queue takes none.
_dropped: SimpleQueue[Callable[[], None]] = SimpleQueue()
_lock = threading.Lock()
_closer: threading.Thread | None = None


def close_when_dropped(
    function: Any, close: Callable[[], None], thread_mode: bool
) -> weakref.finalize[..., Any]:
    """Close a function when Flink lets it go. Call it in the function's ``open``.

    Args:
        function: The function.
        close: Closes it, in a thread of its own; must not refer to the function.
        thread_mode: Whether Python runs inside of the TaskManager.

    Returns:
        What to detach when the function is closed by Flink.
    """
    global _closer
    with _lock:
        if _closer is None or not _closer.is_alive():
            _closer = threading.Thread(target=_close_all, name="flink-agents-closer", daemon=True)
            _closer.start()
    if not thread_mode:
        return weakref.finalize(function, _dropped.put, close)
    sign = _Sign()
    # The values that a thread has here end with it, and an operator's interpreter is one.
    _interpreter.signs = [*getattr(_interpreter, "signs", ()), sign]
    return weakref.finalize(sign, _dropped.put, close)


def _close_all() -> None:
    while True:
        _start(_dropped.get())
        end = time.monotonic() + _TOGETHER
        while (left := end - time.monotonic()) > 0:
            with contextlib.suppress(Empty):
                _start(_dropped.get(timeout=left))
        gc.collect()


def _start(close: Callable[[], None]) -> None:
    # One that takes long, as calls may that do not let themselves be cancelled, holds up no other.
    threading.Thread(target=_close, args=(close,), name="flink-agents-close", daemon=True).start()


def _close(close: Callable[[], None]) -> None:
    try:
        close()
    except Exception:
        logger.warning("A function that Flink has dropped did not close.", exc_info=True)

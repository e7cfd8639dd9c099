"""Closes functions that Flink has dropped, and lets go of what Flink had given them.

In thread mode Flink closes a function only if its job goes on to the end. What is left of the
others is PyFlink's operation with the function, Flink's contexts and, through them, the subtask's
state in Java's heap. They refer to each other in circles, which Python finds when it has made many
new objects: that may be long after the next attempt has restored the same state. So the end of the
operator's interpreter is the sign to close the function and to look for circles.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

logger = logging.getLogger(__name__)

#: Seconds after which circles are looked for, again and again while there are some. The first ones
#: let the functions of a job come together; the others are for what Java's collector lets go first.
_LOOK_AFTER = (1.0, 5.0, 30.0, 120.0, 600.0)


class _Sign:
    """Lives as long as the interpreter that has made it."""


@dataclass(frozen=True)
class _Dropped:
    function: weakref.ref[Any]
    close: Callable[[], None]


_interpreter = threading.local()
# A finalizer may run anywhere, also within a call that holds a lock: this queue takes none.
_dropped: SimpleQueue[_Dropped] = SimpleQueue()
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
        What to detach when Flink closes the function.
    """
    global _closer
    with _lock:
        if _closer is None or not _closer.is_alive():
            _closer = threading.Thread(target=_close_all, name="flink-agents-closer", daemon=True)
            _closer.start()
    end: object = function
    if thread_mode:
        # The values that a thread has here end with it, and an operator's interpreter is one.
        end = _Sign()
        _interpreter.signs = [*getattr(_interpreter, "signs", ()), end]
    return weakref.finalize(end, _dropped.put, _Dropped(weakref.ref(function), close))


def _close_all() -> None:
    left: list[weakref.ref[Any]] = []
    looks = 0
    look_at: float | None = None
    while True:
        try:
            wait = None if look_at is None else max(0.0, look_at - time.monotonic())
            dropped = _dropped.get(timeout=wait)
        except Empty:
            gc.collect()
            left = [function for function in left if function() is not None]
            looks += 1
            goes_on = bool(left) and looks < len(_LOOK_AFTER)
            look_at = time.monotonic() + _LOOK_AFTER[looks] if goes_on else None
            continue
        _start(dropped.close)
        left.append(dropped.function)
        soon = time.monotonic() + _LOOK_AFTER[0]
        looks, look_at = 0, soon if look_at is None else min(look_at, soon)
        del dropped  # it holds what is to go


def _start(close: Callable[[], None]) -> None:
    # One that takes long, as calls may that do not let themselves be cancelled, holds up no other.
    threading.Thread(target=_close, args=(close,), name="flink-agents-close", daemon=True).start()


def _close(close: Callable[[], None]) -> None:
    try:
        close()
    except Exception:
        logger.warning("A function that Flink has dropped did not close.", exc_info=True)

"""A limit to the time that a block of code may wait.

Not ``asyncio.wait_for``: up to Python 3.11 it loses a cancellation that comes in the moment in
which what it waits for is done (https://github.com/python/cpython/issues/86296).
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from typing import Any


def timeout(seconds: float | None) -> AbstractAsyncContextManager[Any]:
    """A block that ends with ``asyncio.TimeoutError`` after so many seconds; None is for ever."""
    if sys.version_info >= (3, 11):
        return asyncio.timeout(seconds)
    from async_timeout import timeout  # pyright: ignore[reportMissingImports]

    return timeout(seconds)


__all__ = ["timeout"]

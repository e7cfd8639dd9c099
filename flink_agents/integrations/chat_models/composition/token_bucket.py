"""A rate limit that takes a use into account that is known only afterwards.

The libraries for rate limits count uses of a known size. A model tells how many tokens an answer
had when it is there, so a share is reserved before and put right after.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(eq=False)
class TokenBucket:
    """So much may be used per minute, spread evenly, first come, first served.

    Safe to use from several threads: it only computes how long to wait.

    Attributes:
        per_minute: What may be used in a minute. Above 0.
        burst: What may be used at once after a pause. A larger use waits for no more than that
            and is made up for by those after it.
        clock: Seconds from any beginning.
    """

    per_minute: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._level = self.burst
        self._at = self.clock()

    def reserve(self, amount: float) -> float:
        """Take an amount.

        Returns:
            Seconds to wait before it may be used.
        """
        with self._lock:
            self._refill()
            missing = min(amount, self.burst) - self._level
            self._level -= amount
            return max(0.0, missing) * 60 / self.per_minute

    def correct(self, amount: float) -> None:
        """Take so much more than was reserved, or give it back if it is negative."""
        with self._lock:
            self._refill()
            self._level = min(self.burst, self._level - amount)

    def _refill(self) -> None:
        now = self.clock()
        self._level = min(self.burst, self._level + (now - self._at) * self.per_minute / 60)
        self._at = now


__all__ = ["TokenBucket"]

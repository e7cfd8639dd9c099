"""Which files of a durable journal are no longer needed."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flink_agents.runtime.flink.journal.committer import ClosedFile

logger = logging.getLogger(__name__)

_CHECKPOINT = re.compile(r"chk-(\d+)$")


@dataclass
class _Waiting:
    """A file that waits for checkpoints.

    Attributes:
        name: Its name.
        since: When its last call was applied, in seconds.
        seen: Checkpoints that had been seen to be complete then.
    """

    name: str
    since: float
    seen: int


class Pruning:
    """Deletes a file when no restore can need it.

    A checkpoint holds what was applied before it *began*, and all that can be seen of it is that it
    is complete. Of those that complete after a call was applied, as many as may run at once can
    have begun before. The one behind them has not; when it, or a later one, is the oldest that is
    left in the folder of checkpoints, the call is in all of them.

    Files of earlier attempts are different: their calls are needed until the source has come again
    to where it was. Nobody can see that, so they are kept for a time, and only then wait for
    checkpoints.

    Args:
        delete: Deletes a file by name.
        checkpoints: Gives the numbers of all complete checkpoints that there are, or None if they
            cannot be seen. Then files are deleted by age.
        concurrent: How many checkpoints may be under way at once.
        keep: Seconds to keep files of earlier attempts, and all files where checkpoints cannot be
            seen.
        earlier: Names of the files of earlier attempts.
        now: The time, in seconds.
    """

    def __init__(
        self,
        delete: Callable[[str], None],
        checkpoints: Callable[[], list[int]] | None,
        concurrent: int,
        keep: float,
        earlier: Iterable[str],
        now: float,
    ) -> None:
        self._delete = delete
        self._checkpoints = checkpoints
        self._concurrent = concurrent
        self._keep = keep
        self._earlier = list(earlier)
        self._opened = now
        self._unapplied: list[ClosedFile] = []
        self._waiting: list[_Waiting] = []
        self._completed: list[int] = []

    def look(self, closed: Iterable[ClosedFile], applied: int, now: float) -> None:
        """Delete what is no longer needed. What could not be deleted is tried again.

        Args:
            closed: Files that were closed since the last look.
            applied: Number of the last batch of which all calls have been applied.
            now: The time, in seconds.
        """
        self._unapplied += closed
        complete = self._look_at_checkpoints()
        ready = [file.name for file in self._unapplied if file.batch <= applied]
        self._unapplied = [file for file in self._unapplied if file.batch > applied]
        if self.is_over(now):
            ready += self._earlier
            self._earlier = []
        self._waiting += [_Waiting(name, now, len(self._completed)) for name in ready]
        for file in [file for file in self._waiting if self._is_done(file, complete, now)]:
            self._delete(file.name)
            self._waiting.remove(file)

    def is_over(self, now: float) -> bool:
        """Whether the files of earlier attempts are needed no longer."""
        return now - self._opened >= self._keep

    def _look_at_checkpoints(self) -> list[int]:
        if self._checkpoints is None:
            return []
        complete = self._checkpoints()
        newest = max(complete, default=0)
        if newest > (self._completed[-1] if self._completed else 0):
            self._completed.append(newest)
        return complete

    def _is_done(self, file: _Waiting, complete: list[int], now: float) -> bool:
        if self._checkpoints is None:
            return now - file.since >= self._keep
        later = self._completed[file.seen + self._concurrent :]
        return bool(later and complete) and min(complete) >= later[0]


def complete_checkpoints(names: Iterable[str], has: Callable[[str], bool]) -> list[int]:
    """The numbers of complete checkpoints.

    Args:
        names: Names in the folder of the job's checkpoints.
        has: Whether there is a file at a path in it.
    """
    found: list[int] = []
    for name in names:
        match = _CHECKPOINT.fullmatch(name)
        if match is not None and has(f"{name}/_metadata"):
            found.append(int(match.group(1)))
    return found

"""Finished calls of earlier attempts of a job, read when a subtask opens."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from flink_agents.engine.state import JournalEntry
from flink_agents.runtime.durable_calls import CallPlace
from flink_agents.runtime.flink.journal.folder import JournalFolder
from flink_agents.runtime.flink.journal.records import decode_file

logger = logging.getLogger(__name__)

#: The calls of a task, by attempt and digest, with the digest of the input of their run.
_Calls = dict[tuple[int, str], tuple[str, JournalEntry]]


@dataclass
class _Run:
    tasks: dict[str, _Calls] = field(default_factory=dict[str, _Calls])
    #: Paths of the tasks that were open at the checkpoint; those that were over do not come again.
    open_at_checkpoint: tuple[str, ...] | None = None


class RecalledCalls:
    """Calls by key, run and task. Each is given out once.

    Every subtask reads the calls of all of them: which keys are its own is known only to Flink, and
    may have changed.

    Attributes:
        damaged: Number of lines that could not be read.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._keys: dict[str, dict[int, _Run]] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def read(self, folder: JournalFolder, names: Iterable[str]) -> None:
        """Read files, in order: where two have the same call, the later one counts.

        There are two if an attempt that had been given up went on to write while its successor was
        reading: the successor then made the call again, and what it got is what has been used.
        """
        for name in names:
            content = decode_file(folder.read(name))
            if content.damaged:
                self.damaged += content.damaged
                logger.error(
                    "Durable journal: %d damaged entries in %s are left out; their calls will be "
                    "made again.",
                    content.damaged,
                    name,
                )
            for place, entry in content.calls:
                self._put(place, entry)

    def take(self, place: CallPlace) -> tuple[list[JournalEntry], list[str]]:
        """Take out the calls of a task.

        Returns:
            The calls, and the names of those that belong to another input element.
        """
        runs = self._keys.get(place.key)
        run = runs.get(place.run) if runs is not None else None
        calls = run.tasks.pop(place.task, None) if run is not None else None
        if calls is None:
            return [], []
        ours = [entry for origin, entry in calls.values() if origin == place.input]
        others = [entry.call for origin, entry in calls.values() if origin != place.input]
        return ours, others

    def forget_before(self, key: str, runs: int, open_tasks: Collection[str]) -> None:
        """Drop the runs that were over at the checkpoint.

        Args:
            key: The key.
            runs: Number of runs that it had started.
            open_tasks: Paths of the open tasks of the last of them; none if that was over.
        """
        kept = self._keys.get(key)
        if kept is None:
            return
        first = runs if open_tasks else runs + 1
        for number in [number for number in kept if number < first]:
            del kept[number]
        if runs in kept:
            kept[runs].open_at_checkpoint = tuple(open_tasks)
        self._drop_if_empty(key)

    def end_run(self, key: str, run: int) -> list[str]:
        """Drop a run that is over; gives the names of calls that nobody asked for."""
        kept = self._keys.get(key)
        ended = kept.pop(run, None) if kept is not None else None
        self._drop_if_empty(key)
        if ended is None:
            return []
        return [
            entry.call
            for task, calls in ended.tasks.items()
            if ended.open_at_checkpoint is None or _comes_of(task, ended.open_at_checkpoint)
            for _, entry in calls.values()
        ]

    def clear(self) -> None:
        """Drop everything."""
        self._keys.clear()

    def _put(self, place: CallPlace, entry: JournalEntry) -> None:
        run = self._keys.setdefault(place.key, {}).setdefault(place.run, _Run())
        calls = run.tasks.setdefault(place.task, {})
        calls[entry.attempt, entry.digest] = (place.input, entry)

    def _drop_if_empty(self, key: str) -> None:
        if not self._keys.get(key, True):
            del self._keys[key]


def _comes_of(task: str, others: Iterable[str]) -> bool:
    """Whether a task is one of others, or was set going by one of them, as its path tells."""
    return any(task == other or task.startswith((f"{other}.", f"{other}~")) for other in others)

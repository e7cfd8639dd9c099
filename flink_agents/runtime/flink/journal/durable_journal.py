"""The durable journal of one subtask."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import uuid4

from flink_agents.engine.codec import Codec
from flink_agents.engine.state import JournalEntry
from flink_agents.exceptions import DurableJournalError, NotStorableError
from flink_agents.runtime.durable_calls import CallPlace
from flink_agents.runtime.flink.journal.checkpoints import SeenJob, Subtask
from flink_agents.runtime.flink.journal.committer import Committer
from flink_agents.runtime.flink.journal.folder import JournalFolder, open_folder
from flink_agents.runtime.flink.journal.lineage import (
    ANY_VERSION,
    THIS_VERSION,
    JournalFile,
    Origin,
    own_part,
    read_names,
    trace,
)
from flink_agents.runtime.flink.journal.pruning import Pruning
from flink_agents.runtime.flink.journal.recalled_calls import RecalledCalls
from flink_agents.runtime.flink.journal.records import encode_call
from flink_agents.runtime.metrics import AgentMetrics

logger = logging.getLogger(__name__)

#: Seconds between two looks for files that are no longer needed.
_LOOK_EVERY = 2.0


@dataclass(frozen=True)
class JournalSettings:
    """What the client tells the workers about the journal.

    Attributes:
        uri: Folder of the operator: that of the option, and the operator's uid.
        submission: Identity of the job, made when it is built; it stays over all its restarts, and
            sorts by time.
        restored_from: Path of the savepoint or retained checkpoint that the job begins with, or
            None.
        keep: Seconds to keep files of earlier attempts.
    """

    uri: str
    submission: str
    restored_from: str | None
    keep: float

    @classmethod
    def of(cls, folder: str, uid: str, restored_from: str | None, keep: float) -> JournalSettings:
        """Settings of an operator of a job that is being built."""
        submission = f"{int(time.time() * 1000):013d}-{uuid4().hex[:8]}"
        return cls(f"{folder.rstrip('/')}/{quote(uid, safe='')}", submission, restored_from, keep)


class DurableJournal:
    """Keeps finished calls, and gives back those of earlier attempts.

    Args:
        settings: Of the operator.
        subtask: The subtask.
        job: What can be seen of the job.
        loop: The event loop that actions run on.
        codec: Encodes the input elements.
        key_text: Gives the text of a key.
        metrics: Counts.

    Raises:
        DurableJournalError: If the folder cannot be used, or was written by another version.
    """

    def __init__(
        self,
        settings: JournalSettings,
        subtask: Subtask,
        job: SeenJob,
        loop: asyncio.AbstractEventLoop,
        codec: Codec,
        key_text: Callable[[Hashable], str],
        metrics: AgentMetrics,
    ) -> None:
        self._uri = settings.uri
        self._codec = codec
        self._key_text = key_text
        self._metrics = metrics
        self._live = _Live(settings.uri, settings.submission, subtask, self._superseded)
        self._live.end_older()
        folder = open_folder(settings.uri, subtask.thread_mode)
        lineage, files = _earlier_files(folder, settings, job)
        earlier = [file.name for file in files]
        self._recalled = RecalledCalls()
        self._recalled.read(folder, earlier)
        metrics.journal_damages += self._recalled.damaged
        mine = [file.generation for file in files if file.submission == settings.submission]
        generation = 1 + max(mine, default=0)
        prefix = f"{settings.submission}-{generation:06d}-{subtask.number:05d}-{uuid4().hex[:8]}-"
        suffix = own_part(lineage, job.id) + THIS_VERSION
        now = time.monotonic()
        self._look_at = now + _LOOK_EVERY
        self._pruning = Pruning(
            folder.delete, job.checkpoints, job.concurrent, settings.keep, earlier, now
        )
        self._committer = Committer(folder, prefix, suffix, loop)
        self._live.begin()

    @property
    def reported(self) -> int:
        return self._committer.reported

    @property
    def can_recall(self) -> bool:
        return bool(self._recalled)

    def input_digest(self, value: Any) -> str:
        try:
            text = self._codec.dumps(value)
        except NotStorableError:
            # Plain actions take inputs that cannot be kept; the runner refuses the others.
            return "?"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def place(self, key: Hashable, run: int, input: str, task: str) -> CallPlace:
        return CallPlace(self._key_text(key), run, input, task)

    def run_restored(self, key: Hashable, runs: int, open_tasks: Collection[str]) -> None:
        if self._recalled and runs:
            self._recalled.forget_before(self._key_text(key), runs, open_tasks)

    def recall(self, place: CallPlace) -> list[JournalEntry]:
        entries, others = self._recalled.take(place)
        self._metrics.calls_recalled += len(entries)
        if others:
            self._differs(place, others)
        return entries

    def run_ended(self, key: Hashable, run: int) -> list[str]:
        return self._recalled.end_run(self._key_text(key), run) if self._recalled else []

    def check_may_wait(self) -> None:
        self._committer.check_may_wait()

    async def keep(self, place: CallPlace, entry: JournalEntry) -> None:
        await self._committer.keep(encode_call(place, entry))

    def keep_now(self, place: CallPlace, entry: JournalEntry) -> None:
        self._committer.keep_now(encode_call(place, entry))

    def tick(self, applied: int) -> None:
        committer = self._committer
        committer.check()
        committer.commit_if_due()
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY
        try:
            self._pruning.look(committer.take_closed(), applied, now)
        except Exception as error:
            # What is not deleted costs room, and nothing else; it is looked at again.
            logger.warning("Durable journal: old files could not be deleted: %s", error)
        if self._recalled and self._pruning.is_over(now):
            logger.warning(
                "Durable journal: calls of earlier attempts were kept for the time of "
                "'durable-journal.keep', and some have not been asked for. They are dropped."
            )
            self._recalled.clear()

    def close(self) -> None:
        self._live.end()
        self._committer.close()

    def _superseded(self) -> None:
        self._live.end()
        self._committer.close(
            DurableJournalError(
                f"The durable journal {self._uri} was opened by a later attempt, or by another "
                "job. Give each job a folder of its own with the option 'durable-journal'."
            )
        )

    def _differs(self, place: CallPlace, calls: list[str]) -> None:
        self._metrics.journal_differences += len(calls)
        logger.warning(
            "Durable journal, key %s: %s of run %d, task %s cannot be used, since its input "
            "element is another one now. They are made again. The elements of a key must come in "
            "the same order when they are replayed.",
            place.key,
            ", ".join(sorted(set(calls))),
            place.run,
            place.task,
        )


def _earlier_files(
    folder: JournalFolder, settings: JournalSettings, job: SeenJob
) -> tuple[str, list[JournalFile]]:
    """The lineage of the job, and the files whose calls may be used, oldest first."""
    names = [name for name in folder.names() if name.endswith(ANY_VERSION)]
    origin = Origin(settings.submission, settings.restored_from, job.id, job.goes_on)
    lineage, files = trace(read_names(names), origin)
    for file in files:
        if not file.name.endswith(THIS_VERSION):
            raise DurableJournalError(
                f"The durable journal {settings.uri} has the file {file.name}, which another "
                "version of pyflink-agents has written. Go on with that version, or set another "
                "folder."
            )
    return lineage, files


class _Live:
    """The journals that are open in this process.

    In thread mode an attempt that has failed may live on in its threads for a moment. It is ended
    before its successor reads the folder, so that no action sees a result that is in the journal
    too late to be read.
    """

    _all: ClassVar[set[_Live]] = set()
    _lock = threading.Lock()

    def __init__(
        self, uri: str, submission: str, subtask: Subtask, supersede: Callable[[], None]
    ) -> None:
        self._uri = uri
        self._submission = submission
        self._subtask = subtask
        self._supersede = supersede

    def end_older(self) -> None:
        with self._lock:
            same = [live for live in self._all if live._uri == self._uri]
        for live in same:
            if self._follows(live):
                live._supersede()

    def _follows(self, other: _Live) -> bool:
        if self._submission == other._submission:
            return self._subtask.follows(other._subtask)
        return self._submission > other._submission

    def begin(self) -> None:
        with self._lock:
            self._all.add(self)

    def end(self) -> None:
        with self._lock:
            self._all.discard(self)

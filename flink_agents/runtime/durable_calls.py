"""What the runner asks of a durable journal: to keep finished calls, and to give them back."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from flink_agents.engine.state import JournalEntry


@dataclass(frozen=True, slots=True)
class CallPlace:
    """Where a call belongs.

    Attributes:
        key: The key, as text.
        run: Number of the run among those of the key.
        input: Digest of the input element of the run.
        task: Path of the task in the run.
    """

    key: str
    run: int
    input: str
    task: str


class DurableCalls(Protocol):
    """Finished calls outside of Flink's state. A call is in it before its result goes anywhere."""

    @property
    def reported(self) -> int:
        """Up to which batch of calls the actions that made them have gone on."""
        ...

    @property
    def can_recall(self) -> bool:
        """Whether there are calls of earlier attempts that nobody has asked for."""
        ...

    def input_digest(self, value: Any) -> str:
        """The digest of an input element."""
        ...

    def place(self, key: Hashable, run: int, input: str, task: str) -> CallPlace:
        """The place of the calls of a task."""
        ...

    def run_restored(self, key: Hashable, runs: int, open_tasks: Collection[str]) -> None:
        """The current key has come to a run before: what was kept of earlier ones is done with.

        Args:
            key: The key.
            runs: Number of runs that it has started.
            open_tasks: Paths of the open tasks of the last of them; none if that is over.
        """
        ...

    def recall(self, place: CallPlace) -> list[JournalEntry]:
        """The calls of a task that an earlier attempt of the job has finished; given out once."""
        ...

    def run_ended(self, key: Hashable, run: int) -> list[str]:
        """Names of the calls of a run for which no task came that would have made them."""
        ...

    def check_may_wait(self) -> None:
        """Refuse :meth:`keep_now` where it would wait for the thread that it runs on.

        Raises:
            EnvironmentSetupError: With what to use instead.
        """
        ...

    async def keep(self, place: CallPlace, entry: JournalEntry) -> None:
        """Keep a finished call; returns when it is durable. On the event loop."""
        ...

    def keep_now(self, place: CallPlace, entry: JournalEntry) -> None:
        """Keep a finished call; returns when it is durable. On any thread; it waits."""
        ...

    def tick(self, applied: int) -> None:
        """Do what is due. On the operator's thread, which has applied all calls up to a batch.

        Raises:
            DurableJournalError: If calls could not be kept: the job must not go on.
        """
        ...

    def close(self) -> None:
        """Stop; what is not durable by now was never seen by an action."""
        ...


@dataclass(slots=True)
class TaskCalls:
    """The durable journal, for the calls of one task.

    Attributes:
        journal: The journal.
        key: The key.
        run: Number of the run.
        input: Digest of the input element.
        task: Path of the task.
    """

    journal: DurableCalls
    key: Hashable
    run: int
    input: str
    task: str

    def recall(self) -> list[JournalEntry]:
        """Calls that were finished before a crash; given out once."""
        return self.journal.recall(self._place) if self.journal.can_recall else []

    async def keep(self, entry: JournalEntry) -> None:
        """Keep a finished call; returns when it is durable."""
        await self.journal.keep(self._place, entry)

    def keep_now(self, entry: JournalEntry) -> None:
        """Keep a finished call; waits until it is durable."""
        self.journal.keep_now(self._place, entry)

    @property
    def _place(self) -> CallPlace:
        # Most tasks make no calls, so it is made where it is needed.
        return self.journal.place(self.key, self.run, self.input, self.task)

"""What the runner does for a durable journal: numbers runs, asks for calls, tells how far it is."""

from __future__ import annotations

import logging
from collections.abc import Hashable

from flink_agents.engine.effects import RunAction
from flink_agents.engine.state import KeyState
from flink_agents.runtime.durable_calls import DurableCalls, TaskCalls
from flink_agents.runtime.metrics import AgentMetrics

logger = logging.getLogger(__name__)

#: Names of calls in a warning; the rest is counted.
_NAMED = 5


class DurableRuns:
    """The durable journal as the runner of one subtask uses it.

    Args:
        journal: The journal.
        metrics: Counts.
    """

    def __init__(self, journal: DurableCalls, metrics: AgentMetrics) -> None:
        self.journal = journal
        self._counts: dict[Hashable, int] = {}
        self._metrics = metrics
        self._applied = 0

    def found(self, key: Hashable, state: KeyState) -> None:
        """The current key's state was read: its runs are numbered from there."""
        self._counts[key] = state.runs
        open_tasks = [task.path for task in state.run.tasks.values()] if state.run else []
        self.journal.run_restored(key, state.runs, open_tasks)

    def runs_of(self, key: Hashable) -> int:
        """How many runs a key has started that has no open work."""
        return self._counts.get(key, 0)

    def keep_runs(self, key: Hashable, runs: int) -> None:
        """Remember how many runs a key has started, which has no open work now."""
        self._counts[key] = runs

    def forget_runs(self) -> None:
        """Forget the numbers of all keys; they are read again."""
        self._counts.clear()

    def calls_of(self, key: Hashable, state: KeyState, effect: RunAction) -> TaskCalls:
        """The calls of an action that is about to run."""
        run = state.run
        assert run is not None
        if not run.input_digest:
            # Before any action can change the element.
            run.input_digest = self.journal.input_digest(run.value)
        return TaskCalls(self.journal, key, effect.run, run.input_digest, effect.path)

    def run_ended(self, key: Hashable, run: int) -> None:
        """Report what the journal still has of a run that is over."""
        if unused := self.journal.run_ended(key, run):
            self.report_unused(key, f"run {run}", unused)

    def report_unused(self, key: Hashable, where: str, calls: list[str]) -> None:
        """Count and log calls that were made before a crash and not on replay."""
        self._metrics.journal_differences += len(calls)
        more = f" and {len(calls) - _NAMED} more" if len(calls) > _NAMED else ""
        logger.warning(
            "Durable journal, key %r: %s called %s%s before the crash, and did not on replay. What "
            "it calls instead is made anew. An action must make the same calls when it is "
            "replayed: take time, randomness and outside data from durable_execute. The elements "
            "of a key must come in the same order.",
            key,
            where,
            ", ".join(calls[:_NAMED]),
            more,
        )

    @property
    def reported(self) -> int:
        """How far the calls are that are in the queue of outcomes now."""
        return self.journal.reported

    def applied(self, reported: int) -> None:
        """All calls up to ``reported`` have been applied; do what is due."""
        self._applied = reported
        self.journal.tick(reported)

    def tick(self) -> None:
        """Do what is due."""
        self.journal.tick(self._applied)

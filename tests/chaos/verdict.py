"""The verdict on a run: what happened to its orders and its calls, whatever was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.chaos.ledger import FAILED, MADE, SEEN, Entry, Ledger
from tests.chaos.observer import History
from tests.chaos.tally import Answer, Order, tally

#: Seconds from the moment in which an action on the event loop sees a result until that is in the
#: state of its key, at most, while the operator has much to do.
_UNTIL_APPLIED = 0.25


@dataclass(frozen=True)
class Verdict:
    """What became of a run.

    Attributes:
        orders: How many there were.
        lost: Orders without an answer.
        duplicated: Answers beyond the first of an order.
        out_of_order: Answers that come after one to a later order of the same key.
        wrong: Answers with a wrong count, or to another question.
        repeated_finished: Calls that were made again although an action had seen their result
            before the checkpoint began which the job went back to, or it had not gone back.
        repeated_since_checkpoint: Calls of which the result was seen after that checkpoint began.
        spared: Calls of which the result was seen after that checkpoint was complete, and that were
            not made again: something else has kept it.
        failures: What was made to fail.
        recoveries: Of each failure after which the job went back, seconds until an action saw a
            new result.
    """

    orders: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    wrong: int = 0
    repeated_finished: int = 0
    repeated_since_checkpoint: int = 0
    spared: int = 0
    failures: int = 0
    recoveries: tuple[float, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong. Calls repeated since the checkpoint are not."""
        return not (
            self.lost
            or self.duplicated
            or self.out_of_order
            or self.wrong
            or self.repeated_finished
        )

    def report(self) -> str:
        """All of it in one line."""
        recovery = "none"
        if self.recoveries:
            times = self.recoveries
            recovery = f"{min(times):.1f} to {max(times):.1f} s, median {median(times):.1f} s"
        return (
            f"{self.orders} orders, {self.failures} failures: lost {self.lost}, "
            f"duplicated {self.duplicated}, out of order {self.out_of_order}, "
            f"wrong {self.wrong}, finished calls repeated {self.repeated_finished} "
            f"(and {self.repeated_since_checkpoint} finished since the checkpoint; "
            f"{self.spared} of those were not); "
            f"recovery {recovery}"
        )


@dataclass(frozen=True)
class Repeated:
    """Calls that were made again after an action had seen their result.

    Attributes:
        finished: Seen before the checkpoint began that the job went back to, if it did.
        since_checkpoint: Seen after that.
        spared: Seen after that checkpoint was complete, but not made again.
    """

    finished: tuple[str, ...] = ()
    since_checkpoint: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()


def complete_lines(folder: Path) -> list[str]:
    """The lines of the files of a sink that are complete, in no order."""
    return [line for part in _parts(folder) for line in part.read_text().splitlines()]


def read_answers(folder: Path) -> list[Answer]:
    """All answers that are complete, in the order in which they were written for each key.

    Files with answers to the same key were written one after the other.
    """
    written = sorted((part.stat().st_mtime_ns, part) for part in _parts(folder))
    return [
        Answer.from_json(line, moment / 1e9)
        for moment, part in written
        for line in part.read_text().splitlines()
    ]


def _parts(folder: Path) -> list[Path]:
    return [part for part in folder.rglob("*") if part.is_file() and part.name[0] != "."]


def repeated_calls(entries: Sequence[Entry], history: History) -> Repeated:
    """Which calls were made again, by whether the checkpoint had to know them.

    After a failure before the first checkpoint a job begins anew, of which Flink tells nothing.

    Args:
        entries: Of the ledger.
        history: Which checkpoints the jobs have gone back to.
    """
    first = min((c.completed for c in history.completed_so_far), default=float("inf"))
    early = [e.at for e in entries if e.word == FAILED and e.at < first]
    seen: dict[str, Entry] = {}
    finished: list[str] = []
    since: list[str] = []
    for entry in entries:
        if entry.word == SEEN:
            seen[entry.name] = entry
        elif entry.word == MADE and entry.name in seen:
            known = seen[entry.name]
            to_beginning = any(known.since <= failed for failed in early)
            lost = to_beginning or _was_lost(known, entry.at, history)
            (since if lost else finished).append(entry.name)
    # A result that was kept is seen once more.
    spared = {
        entry.name
        for entry in entries
        if entry.word == SEEN
        and any(history.completed(r.number) <= entry.at < r.at for r in history.restores)
    }
    return Repeated(tuple(finished), tuple(since), tuple(sorted(spared.difference(since))))


def _was_lost(seen: Entry, made_again: float, history: History) -> bool:
    """Whether a job has gone back, meanwhile, to a time before the result of a call was seen.

    What has seen it may have ended a moment after the job had gone back.
    """
    known = seen.at + (_UNTIL_APPLIED if "#" in seen.name else 0)
    return any(
        history.triggered(restore.number) <= known
        for restore in history.restores
        if seen.since < restore.at <= made_again
    )


def recovery_times(entries: Sequence[Entry], history: History) -> list[float]:
    """Of each failure, seconds until the first result that was seen after the job had gone on.

    A failure that came before the job had gone on from the one before counts with that.
    """
    times: list[float] = []
    recovered_at = 0.0
    for failure in (entry for entry in entries if entry.word == FAILED):
        if failure.at < recovered_at:
            continue
        gone_on = [restore.at for restore in history.restores if restore.at > failure.at]
        if not gone_on:
            continue  # it came before the first checkpoint, or at the end
        later = [e.at for e in entries if e.word == SEEN and e.at > min(gone_on)]
        if later:
            recovered_at = min(later)
            times.append(recovered_at - failure.at)
    return times


def judge(
    orders: Sequence[Order], answers: Sequence[Answer], ledger: Ledger, history: History
) -> Verdict:
    """The verdict on a run.

    Args:
        orders: What went in.
        answers: What came out, in order for each key; see :func:`read_answers`.
        ledger: Who made and saw which calls, and what failed.
        history: Which checkpoints the jobs have gone back to.
    """
    entries = ledger.read()
    found = tally(orders, answers)
    repeated = repeated_calls(entries, history)
    return Verdict(
        orders=len(orders),
        lost=found.lost,
        duplicated=found.duplicated,
        out_of_order=found.out_of_order,
        wrong=found.wrong,
        repeated_finished=len(repeated.finished),
        repeated_since_checkpoint=len(repeated.since_checkpoint),
        spared=len(repeated.spared),
        failures=sum(entry.word == FAILED for entry in entries),
        recoveries=tuple(recovery_times(entries, history)),
    )


__all__ = [
    "Repeated",
    "Verdict",
    "complete_lines",
    "judge",
    "read_answers",
    "recovery_times",
    "repeated_calls",
]

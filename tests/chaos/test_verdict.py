"""The verdict on a run finds what it is there to find."""

from __future__ import annotations

import json
import os
import pickle
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.chaos.ledger import FAILED, MADE, SEEN, Entry, Ledger
from tests.chaos.observer import Checkpoint, History, Restore
from tests.chaos.tally import make_orders
from tests.chaos.verdict import (
    Verdict,
    judge,
    read_answers,
    recovery_times,
    repeated_calls,
)
from tests.chaos.windows import BEGIN, expected_windows
from tests.servers.model_server import answer_to

ORDERS = make_orders("run", count=6, keys=2)

#: Checkpoint 1 begins at 10 s, checkpoint 2 at 20 s; the job goes back to 1 at 15 s, to 2 at 25 s.
HISTORY = History(
    {1: Checkpoint(1, 10.0, 11.0), 2: Checkpoint(2, 20.0, 21.0)},
    [Restore(1, 15.0), Restore(2, 25.0)],
)


def calls(*entries: tuple[float, str]) -> list[Entry]:
    return [Entry(at, word, "call", since=at) for at, word in entries]


@pytest.mark.parametrize(
    ("entries", "finished", "since"),
    [
        ([(8, MADE), (9, SEEN), (16, MADE)], 1, 0),
        ([(8, MADE), (12, SEEN), (16, MADE)], 0, 1),
        ([(8, MADE), (9, SEEN), (14, MADE)], 1, 0),
        # Its first result was lost with the first failure, before it was asked for again.
        ([(8, MADE), (12, SEEN), (26, MADE)], 0, 1),
        ([(8, MADE), (12, SEEN), (16, MADE), (17, SEEN), (26, MADE)], 1, 1),
        # There was no checkpoint to go back to, whenever the job came to it again.
        ([(1, MADE), (2, SEEN), (3, FAILED), (5, MADE)], 0, 1),
        ([(1, MADE), (2, SEEN), (3, FAILED), (12, MADE)], 0, 1),
        ([(1, MADE), (2, SEEN), (3, FAILED), (26, MADE)], 0, 1),
        ([(3, FAILED), (8, MADE), (9, SEEN), (16, MADE)], 1, 0),
        # And nothing had failed.
        ([(1, MADE), (2, SEEN), (5, MADE)], 1, 0),
        # Nobody has seen its result.
        ([(8, MADE), (16, MADE)], 0, 0),
    ],
)
def test_a_call_that_is_made_again_was_finished_or_its_result_was_lost(
    entries: list[tuple[float, str]], finished: int, since: int
) -> None:
    repeated = repeated_calls(calls(*entries), HISTORY)
    assert (len(repeated.finished), len(repeated.since_checkpoint)) == (finished, since)


@pytest.mark.parametrize(("since", "finished"), [(14.9, 0), (15.05, 1)])
def test_what_an_attempt_sees_after_the_job_has_gone_back_was_lost_with_it(
    since: float, finished: int
) -> None:
    seen = Entry(15.1, SEEN, "call", since)
    repeated = repeated_calls([*calls((8, MADE)), seen, *calls((16, MADE))], HISTORY)
    assert (len(repeated.finished), len(repeated.since_checkpoint)) == (finished, 1 - finished)


def test_a_ledger_that_travels_tells_when_it_came(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path / "ledger"))
    before = time.time()
    copy = pickle.loads(pickle.dumps(ledger))
    ledger.note(MADE, "a call")
    copy.note(SEEN, "a call")
    made, seen = ledger.read()
    assert (made.word, made.name, seen.word, seen.name) == (MADE, "a call", SEEN, "a call")
    assert made.since < before <= seen.since + 1e-6 and seen.since <= seen.at


@pytest.mark.parametrize(
    ("entries", "spared"),
    [
        ([(8, MADE), (12, SEEN)], 1),
        ([(8, MADE), (12, SEEN), (16, SEEN)], 1),
        ([(8, MADE), (12, SEEN), (16, MADE)], 0),
        # The checkpoint was under way, and may have it.
        ([(8, MADE), (10.5, SEEN)], 0),
        ([(8, MADE), (26, SEEN)], 0),
    ],
)
def test_a_call_is_spared_if_the_job_went_back_to_before_it_and_did_not_make_it_again(
    entries: list[tuple[float, str]], spared: int
) -> None:
    assert len(repeated_calls(calls(*entries), HISTORY).spared) == spared


def test_a_missed_checkpoint_is_judged_by_the_one_before_it() -> None:
    history = History({1: HISTORY.checkpoints[1]}, [Restore(3, 25.0)])
    assert history.triggered(3) == 10.0
    assert len(repeated_calls(calls((12, SEEN), (26, MADE)), history).since_checkpoint) == 1
    assert len(repeated_calls(calls((9, SEEN), (26, MADE)), history).finished) == 1


def test_recovery_takes_from_the_failure_until_a_result_is_seen_after_the_restore() -> None:
    entries = calls((13, FAILED), (14, SEEN), (17, SEEN), (23, FAILED), (24, FAILED), (28, SEEN))
    assert recovery_times(entries, HISTORY) == [4.0, 5.0]


def test_checkpoints_and_restores_are_taken_from_what_flink_tells() -> None:
    history = History()
    told = {
        "status": "COMPLETED",
        "id": 7,
        "trigger_timestamp": 10_000,
        "latest_ack_timestamp": 10_500,
        "state_size": 99,
    }
    failed = {"status": "FAILED", "id": 8}
    restored = {"id": 7, "restore_timestamp": 12_000}
    for _ in range(2):
        history.add({"history": [failed, told], "latest": {"restored": restored}})
    history.add({"history": [], "latest": {"restored": None}})
    assert history == History({7: Checkpoint(7, 10.0, 10.5, 99)}, [Restore(7, 12.0)])


def test_a_checkpoint_that_nobody_has_told_of_is_found_among_the_files(tmp_path: Path) -> None:
    history = History({1: HISTORY.checkpoints[1]})
    history.add_last_of(tmp_path)
    for number in (1, 9, 10):
        metadata = tmp_path / f"chk-{number}" / "_metadata"
        metadata.parent.mkdir()
        metadata.touch()
        os.utime(metadata, (30, 30))
    (tmp_path / "chk-11").mkdir()
    history.add_last_of(tmp_path)
    assert history.checkpoints == {1: HISTORY.checkpoints[1], 10: Checkpoint(10, 10.0, 30.0)}
    # What is known stays.
    (tmp_path / "chk-10" / "_metadata").touch()
    history.add_last_of(tmp_path)
    assert history.completed(10) == 30.0


def answer_lines() -> list[str]:
    def line(at: int, number: int) -> str:
        order = asdict(ORDERS[at])
        question = {**order, "count": number}
        text = answer_to(json.dumps(question))
        return json.dumps({**question, "text": text, "answered_at": at})

    return [line(at, order.number) for at, order in enumerate(ORDERS)]


def judged(folder: Path, *files: list[str]) -> Verdict:
    for number, lines in enumerate(files):
        (folder / f"part-{9 - number}").write_text("".join(f"{line}\n" for line in lines))
    (folder / ".part-7.inprogress").write_text("{")
    return judge(ORDERS, read_answers(folder), Ledger(str(folder / ".ledger")), HISTORY)


def test_answers_are_read_from_complete_files_in_the_order_of_writing(tmp_path: Path) -> None:
    lines = answer_lines()
    verdict = judged(tmp_path, lines[:4], lines[4:])
    assert verdict == Verdict(orders=6)
    assert verdict.is_clean


def test_what_is_wrong_with_answers_is_in_the_verdict_and_its_report(tmp_path: Path) -> None:
    first, second, *others = answer_lines()
    mixed_up = json.dumps({**json.loads(second), "text": "something else"})
    verdict = judged(tmp_path, [*others[:-1], first, mixed_up, mixed_up])
    assert verdict == Verdict(
        orders=6, lost=1, duplicated=1, out_of_order=3, wrong=2, recoveries=()
    )
    assert not verdict.is_clean
    assert "lost 1, duplicated 1, out of order 3, wrong 2" in verdict.report()


@pytest.mark.parametrize("bad", ["lost", "duplicated", "out_of_order", "wrong"])
def test_one_of_anything_bad_is_not_clean(bad: str) -> None:
    assert not replace(Verdict(), **{bad: 1}).is_clean


def test_repeated_calls_are_bad_if_the_checkpoint_knew_them() -> None:
    assert not Verdict(repeated_finished=1).is_clean
    assert Verdict(repeated_since_checkpoint=1, failures=2, recoveries=(1.0, 2.0)).is_clean


def test_the_windows_of_orders_hold_a_second_of_them_each() -> None:
    orders = make_orders("run", count=250, keys=2)
    windows = expected_windows(orders, keys=2)
    assert [(w["key"], w["start"] - BEGIN, len(w["numbers"])) for w in windows] == [
        (key, start, 50 if start < 2000 else 25)
        for key in ("customer-0", "customer-1")
        for start in (0, 1000, 2000)
    ]
    assert windows[1]["numbers"] == list(range(51, 101))

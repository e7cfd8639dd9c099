"""When a file of the durable journal may go."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flink_agents.runtime.flink.journal.committer import ClosedFile
from flink_agents.runtime.flink.journal.pruning import Pruning, complete_checkpoints


class Folders:
    """Complete checkpoints, and the files that were deleted."""

    def __init__(self) -> None:
        self.complete: list[int] = []
        self.deleted: list[str] = []

    def pruning(self, *, concurrent: int = 1, earlier: tuple[str, ...] = ()) -> Pruning:
        return Pruning(
            self.deleted.append, lambda: self.complete, concurrent, 100.0, earlier, now=0.0
        )


def test_a_file_goes_with_the_second_checkpoint_behind_its_last_call() -> None:
    """The first one may have begun before the call was applied."""
    folders = Folders()
    pruning = folders.pruning()
    folders.complete = [4]
    pruning.look([ClosedFile("a", 7)], 7, 1.0)
    folders.complete = [5]
    pruning.look([], 7, 2.0)
    assert folders.deleted == []
    folders.complete = [6]
    pruning.look([], 7, 3.0)
    assert folders.deleted == ["a"]


def test_a_file_waits_until_its_calls_have_been_applied() -> None:
    folders = Folders()
    pruning = folders.pruning()
    for number in range(1, 5):
        folders.complete = [number]
        pruning.look([ClosedFile("a", 7)] if number == 1 else [], 6, float(number))
    pruning.look([], 7, 5.0)
    folders.complete = [5]
    pruning.look([], 7, 6.0)
    assert folders.deleted == []
    folders.complete = [6]
    pruning.look([], 7, 7.0)
    assert folders.deleted == ["a"]


def test_a_file_stays_as_long_as_an_older_checkpoint_is_retained() -> None:
    folders = Folders()
    pruning = folders.pruning()
    folders.complete = [1]
    pruning.look([ClosedFile("a", 1)], 1, 1.0)
    for number in (2, 3, 4):
        folders.complete = [*range(1, number + 1)]
        pruning.look([], 1, float(number))
    assert folders.deleted == []
    folders.complete = [2, 3, 4]
    pruning.look([], 1, 5.0)
    assert folders.deleted == []
    folders.complete = [3, 4, 5]
    pruning.look([], 1, 6.0)
    assert folders.deleted == ["a"]


def test_more_checkpoints_at_once_need_more_of_them_to_pass() -> None:
    folders = Folders()
    pruning = folders.pruning(concurrent=3)
    pruning.look([ClosedFile("a", 1)], 1, 1.0)
    for number in range(1, 5):
        assert folders.deleted == []
        folders.complete = [number]
        pruning.look([], 1, float(number))
    assert folders.deleted == ["a"]


def test_files_of_earlier_attempts_are_kept_for_a_time_and_then_wait_for_checkpoints() -> None:
    folders = Folders()
    pruning = folders.pruning(earlier=("old",))
    for number in range(1, 9):
        folders.complete = [number]
        pruning.look([], 0, float(number))
        assert not pruning.is_over(float(number))
    assert folders.deleted == []
    assert pruning.is_over(100.0)
    pruning.look([], 0, 100.0)
    folders.complete = [9]
    pruning.look([], 0, 101.0)
    assert folders.deleted == []
    folders.complete = [10]
    pruning.look([], 0, 102.0)
    assert folders.deleted == ["old"]


def test_what_could_not_be_looked_at_or_deleted_is_tried_again() -> None:
    is_away = True
    deleted: list[str] = []

    def complete() -> list[int]:
        if is_away:
            raise OSError("the checkpoints are away")
        return [number]

    def delete(name: str) -> None:
        if name == "b" and is_away:
            raise OSError("the folder is away")
        deleted.append(name)

    pruning = Pruning(delete, complete, 1, 100.0, ["old"], now=0.0)
    files = [ClosedFile("a", 1), ClosedFile("b", 1), ClosedFile("c", 1)]
    with pytest.raises(OSError, match="checkpoints"):
        pruning.look(files, 1, 100.0)
    is_away = False
    for number in (1, 2):
        pruning.look([], 1, 100.0 + number)
    assert deleted == []
    # The list of checkpoints is there, and one of the files is not.
    number, is_away = 3, True
    pruning._checkpoints = lambda: [number]
    with pytest.raises(OSError, match="folder"):
        pruning.look([], 1, 103.0)
    is_away = False
    pruning.look([], 1, 104.0)
    assert deleted == ["a", "b", "c", "old"]


def test_without_a_checkpoint_nothing_goes() -> None:
    folders = Folders()
    pruning = folders.pruning(earlier=("old",))
    for second in range(0, 1000, 10):
        pruning.look([ClosedFile(f"{second}", second)], second, float(second))
    assert folders.deleted == []


def test_where_checkpoints_cannot_be_seen_files_go_by_age() -> None:
    deleted: list[str] = []
    pruning = Pruning(deleted.append, None, 1, 100.0, ["old"], now=0.0)
    pruning.look([ClosedFile("a", 1)], 1, 10.0)
    pruning.look([], 1, 109.0)
    assert deleted == []
    pruning.look([], 1, 110.0)
    assert deleted == ["a"]
    pruning.look([], 1, 300.0)
    assert deleted == ["a", "old"]


@pytest.mark.parametrize("concurrent", [1, 2, 3])
def test_no_file_goes_that_a_retained_checkpoint_does_not_cover(concurrent: int) -> None:
    """Checkpoints begin, end and fail at random; looks come at random."""
    for seed in range(300):
        chance = random.Random(seed)
        folders = Folders()
        pruning = folders.pruning(concurrent=concurrent)
        retained = chance.choice((1, 1, 2, 4))
        begun: dict[int, int] = {}  # when a checkpoint began, by its number
        under_way: list[int] = []
        applied: dict[str, int] = {}
        for now in range(120):
            what = chance.choice(("begin", "end", "fail", "file", "look", "look"))
            if what == "begin" and len(under_way) < concurrent:
                under_way.append(len(begun) + 1)
                begun[len(begun) + 1] = now
            elif what == "end" and under_way:
                done = chance.choice(under_way)
                under_way = [number for number in under_way if number > done]
                folders.complete = [*folders.complete, done][-retained:]
            elif what == "fail" and under_way and chance.random() < 0.3:
                under_way.pop(0)
            elif what in ("file", "look"):
                closed = [ClosedFile(f"{now}", now)] if what == "file" else []
                if closed:
                    applied[f"{now}"] = now
                before = len(folders.deleted)
                pruning.look(closed, now, float(now))
                for name in folders.deleted[before:]:
                    assert all(begun[number] > applied[name] for number in folders.complete)


def test_a_checkpoint_is_complete_when_it_has_metadata(tmp_path: Path) -> None:
    for name in ("chk-3", "chk-4", "shared", "chk-x"):
        (tmp_path / name).mkdir()
    (tmp_path / "chk-3" / "_metadata").touch()
    names = [path.name for path in tmp_path.iterdir()]
    assert complete_checkpoints(names, lambda name: (tmp_path / name).exists()) == [3]

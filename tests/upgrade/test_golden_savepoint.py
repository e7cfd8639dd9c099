"""Savepoints of every version are restored on a MiniCluster, from another folder than they had."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.engine.state import STATE_VERSION
from tests.chaos.ledger import MADE, SEEN, Ledger
from tests.upgrade.agent import desk
from tests.upgrade.golden import CURRENT, FOLDERS
from tests.upgrade.job import HELD, LATE, OUTPUTS, build, more_orders, read_outputs

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def copied(tmp_path: Path) -> Any:
    """Copies the golden files of a version into the folder of the test."""

    def copy(golden: Path, with_journal: bool = True) -> Path:
        shutil.copytree(golden / "savepoint", tmp_path / "savepoint")
        shutil.copyfile(golden / "ledger", tmp_path / "ledger")
        if with_journal:
            shutil.copytree(golden / "journal", tmp_path / "journal" / "desk")
        return tmp_path

    return copy


@contextmanager
def restored(flink_env: Any, folder: Path, agent: Agent) -> Iterator[Any]:
    """What the job puts out that goes on from the savepoint."""
    options = {
        "execution.state-recovery.path": str(folder / "savepoint"),
        # The savepoint has the position of a source without end.
        "execution.state-recovery.ignore-unclaimed-state": "true",
    }
    env = flink_env("thread", options=options)
    stream: Any = build(env, more_orders(env), agent, folder)
    with stream.execute_and_collect("golden") as outputs:
        yield outputs


def made_again(folder: Path) -> set[str]:
    """Calls that were made although an action had seen their result."""
    seen: set[str] = set()
    again: set[str] = set()
    for entry in Ledger(str(folder / "ledger")).read():
        if entry.word == SEEN:
            seen.add(entry.name)
        elif entry.word == MADE and entry.name in seen:
            again.add(entry.name)
    return again


@pytest.mark.parametrize("golden", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("with_journal", [True, False], ids=["durable journal", "state alone"])
def test_a_savepoint_of_every_version_is_restored_and_its_work_done(
    flink_env: Any, copied: Any, golden: Path, with_journal: bool
) -> None:
    folder = copied(golden, with_journal)
    with restored(flink_env, folder, desk(str(folder))) as outputs:
        assert read_outputs(list(outputs)) == OUTPUTS
    # What the state has is not made again; what ended after the savepoint, if the journal has it.
    assert made_again(folder) == (set() if with_journal else {LATE})
    made = Counter(e.name for e in Ledger(str(folder / "ledger")).read() if e.word == MADE)
    assert all(made[call] == 2 for call in HELD if call != LATE), "calls in flight are made again"
    assert made["retry/1/find"] == 2


def _patched(folder: Path, old: bytes, new: bytes) -> None:
    """Change the savepoint, in which keyed state is text."""
    metadata = folder / "savepoint" / "_metadata"
    content = metadata.read_bytes()
    assert len(old) == len(new)
    assert old in content
    metadata.write_bytes(content.replace(old, new))


def test_a_savepoint_of_a_later_version_is_refused(flink_env: Any, copied: Any) -> None:
    folder = copied(CURRENT)
    _patched(folder, b'{"v":%d,"q"' % STATE_VERSION, b'{"v":9,"q"')
    with (
        pytest.raises(Exception) as raised,
        restored(flink_env, folder, desk(str(folder))) as outputs,
    ):
        list(outputs)
    told = _told(raised.value)
    assert "StateFormatError'>: Key '" in told
    assert f"format version 9, this is version {STATE_VERSION}" in told
    assert "Restore it with the version of pyflink-agents that wrote it" in told


def test_a_savepoint_with_a_kind_of_value_that_is_not_known_yet_is_refused(
    flink_env: Any, copied: Any
) -> None:
    """So a later version can add kinds without a new number; here in the memory of a key."""
    folder = copied(CURRENT)
    _patched(folder, b'{"$":"datetime"', b'{"$":"eonstime"')
    with (
        pytest.raises(Exception) as raised,
        restored(flink_env, folder, desk(str(folder))) as outputs,
    ):
        list(outputs)
    assert "State holds a value of the unknown kind 'eonstime'" in _told(raised.value)


def test_open_work_of_an_action_that_was_removed_is_refused_with_its_name(
    flink_env: Any, copied: Any
) -> None:
    folder = copied(CURRENT)
    agent = desk(str(folder), look_up_as="find and check")
    with (
        pytest.raises(Exception) as raised,
        restored(flink_env, folder, agent) as outputs,
    ):
        list(outputs)
    told = _told(raised.value)
    assert "open work of action 'look up', which agent 'Agent' does not have: Wanted" in told
    assert "Give the agent an action of that name until no key has open work of it." in told


def _told(error: BaseException) -> str:
    """All that Flink and Python tell of a failure."""
    return f"{error} {error.__cause__} {getattr(error, 'stack_trace', '')}"

"""What is said about the elements of a soak: each kind of damage is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.ledger import MADE, SEEN, Ledger
from tests.chaos.observer import Checkpoint, History, Restore
from tests.chaos.windows import expected_windows, timestamp_of
from tests.servers.model_server import answer_to
from tests.soak.faulty_model import is_refused
from tests.soak.findings import find, look_so_far
from tests.soak.settings import AGENTS, ASKING, KEEPING, STREAMING, TIMED, SoakSettings

#: The job has gone back once, to a checkpoint in the middle of its time.
HISTORY = History({1: Checkpoint(1, 100, 101)}, [Restore(1, 200)])


@pytest.fixture
def settings(tmp_path: Path) -> SoakSettings:
    """A soak that has gone well."""
    settings = SoakSettings(str(tmp_path), "", "", 0, 50, elements=200, keys=8)
    for agent in AGENTS:
        own = settings.of(agent)
        lines: list[dict[str, Any]] = []
        for order in own.orders:
            counted = {**asdict(order), "count": order.number}
            timestamp = {"timestamp": timestamp_of(counted, own.keys)} if own.event_time else {}
            text = answer_to(json.dumps(counted))
            lines.append({**counted, "text": text, "answered_at": 1, **timestamp})
        write(own.folder, "answers", lines)
    orders = settings.of(STREAMING).orders
    letters = [{"input": order.to_json()} for order in orders if is_refused(order.call)]
    assert letters
    write(settings.of(STREAMING).folder, "letters", letters)
    timed = settings.of(TIMED)
    write(timed.folder, "windows", expected_windows(timed.orders, timed.keys))
    return settings


def write(folder: str, name: str, lines: list[Any]) -> None:
    part = Path(folder, name, "part-0")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def change(settings: SoakSettings, agent: str, name: str, how: Callable[[Any], Any]) -> None:
    """Change what an agent has put out."""
    part = Path(settings.of(agent).folder, name, "part-0")
    write(
        part.parents[1].as_posix(),
        name,
        how([json.loads(line) for line in part.read_text().splitlines()]),
    )


def calls(*entries: tuple[int, str]) -> str:
    """Lines of a ledger, all of one call."""
    return "".join(f"{at} {word} a\n" for at, word in entries)


def test_what_went_well_has_no_problem(settings: SoakSettings) -> None:
    assert find(settings, HISTORY).problems == ()
    assert look_so_far(settings) == (1_000, [])


def test_answers_to_come_are_no_problem_while_the_job_runs(settings: SoakSettings) -> None:
    change(settings, KEEPING, "answers", lambda lines: lines[:-50])
    assert look_so_far(settings) == (950, [])
    (problem,) = find(settings, HISTORY).problems
    assert problem.startswith(KEEPING) and "lost 50" in problem


def test_an_answer_that_came_twice_is_found_at_once(settings: SoakSettings) -> None:
    change(settings, KEEPING, "answers", lambda lines: [*lines, lines[-1]])
    count, (problem,) = look_so_far(settings)
    assert count == 1_001
    assert "duplicated=1" in problem


@pytest.mark.parametrize(
    ("agent", "name", "how", "told"),
    [
        (STREAMING, "letters", lambda lines: lines[1:], "1 lost, 0 more"),
        (STREAMING, "letters", lambda lines: [*lines, lines[0]], "0 lost, 1 more"),
        (TIMED, "windows", lambda lines: lines[1:], "differ"),
        (TIMED, "late", lambda _: [{}], "1 elements came late"),
        (
            TIMED,
            "answers",
            lambda lines: [{**line, "timestamp": line["timestamp"] + 1} for line in lines],
            "another timestamp",
        ),
    ],
)
def test_letters_windows_and_timestamps_are_looked_at(
    settings: SoakSettings, agent: str, name: str, how: Callable[[Any], Any], told: str
) -> None:
    if name == "late":
        write(settings.of(agent).folder, name, [])
    change(settings, agent, name, how)
    (problem,) = find(settings, HISTORY).problems
    assert told in problem


@pytest.mark.parametrize(("agent", "is_durable"), [(ASKING, True), (STREAMING, False)])
def test_a_repeated_call_is_a_problem_where_there_is_a_durable_journal(
    settings: SoakSettings, agent: str, is_durable: bool
) -> None:
    ledger = Path(settings.of(agent).ledger)
    # Seen after the checkpoint, and made again after the job has gone back to that.
    ledger.write_text(calls((150, MADE), (151, SEEN), (201, MADE)))
    findings = find(settings, HISTORY)
    assert findings.verdicts[agent].repeated_since_checkpoint == 1
    assert bool(findings.problems) == is_durable


def test_a_call_repeated_that_the_checkpoint_had_is_a_problem_everywhere(
    settings: SoakSettings,
) -> None:
    ledger = Ledger(settings.of(STREAMING).ledger)
    Path(ledger.path).write_text(calls((50, MADE), (51, SEEN), (201, MADE)))
    (problem,) = find(settings, HISTORY).problems
    assert "finished calls repeated 1" in problem

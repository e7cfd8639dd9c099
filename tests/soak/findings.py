"""What became of the elements of a soak: the verdict of each agent, and what is beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.ledger import Ledger
from tests.chaos.observer import History
from tests.chaos.tally import tally
from tests.chaos.verdict import Verdict, judge, read_answers
from tests.chaos.windows import expected_windows, timestamp_of
from tests.soak.faulty_model import is_refused
from tests.soak.settings import AGENTS, ASKING, DESK, STREAMING, TIMED, SoakSettings


@dataclass(frozen=True)
class Findings:
    """What became of the elements.

    Attributes:
        verdicts: By agent.
        problems: What is wrong, in words.
    """

    verdicts: dict[str, Verdict]
    problems: tuple[str, ...]


def look_so_far(settings: SoakSettings) -> tuple[int, list[str]]:
    """How many answers are complete while the job runs, and what is wrong with them."""
    count = 0
    problems: list[str] = []
    for agent in AGENTS:
        answers = read_answers(Path(settings.of(agent).folder, "answers"))
        count += len(answers)
        # What is not answered yet is not lost.
        found = tally((), answers)
        if found.duplicated or found.out_of_order or found.wrong:
            problems.append(f"{agent}: {found}")
    return count, problems


def find(settings: SoakSettings, history: History) -> Findings:
    """Look at all that a job has left that has come to its end."""
    verdicts: dict[str, Verdict] = {}
    problems: list[str] = []
    for agent in AGENTS:
        own = settings.of(agent)
        answers = read_answers(Path(own.folder, "answers"))
        verdict = judge(own.orders, answers, Ledger(own.ledger), history)
        verdicts[agent] = verdict
        if not verdict.is_clean:
            problems.append(f"{agent}: {verdict.report()}")
        if agent in (DESK, ASKING) and verdict.repeated_since_checkpoint:
            problems.append(f"{agent}: {verdict.repeated_since_checkpoint} calls repeated in spite "
                            "of the durable journal")  # fmt: skip
    return Findings(verdicts, (*problems, *_letters(settings), *_windows(settings)))


def _letters(settings: SoakSettings) -> list[str]:
    own = settings.of(STREAMING)
    expected = Counter(order.call for order in own.orders if is_refused(order.call))
    letters = [json.loads(line) for line in _lines(Path(own.folder, "letters"))]
    found = Counter(json.loads(letter["input"])["call"] for letter in letters)
    if found == expected:
        return []
    return [f"dead letters: {(expected - found).total()} lost, {(found - expected).total()} more"]


def _windows(settings: SoakSettings) -> list[str]:
    own = settings.of(TIMED)
    problems: list[str] = []
    found = [json.loads(line) for line in _lines(Path(own.folder, "windows"))]
    found.sort(key=lambda window: (window["key"], window["start"]))
    if found != (expected := expected_windows(own.orders, own.keys)):
        problems.append(f"windows: {len(found)} differ from the {len(expected)} expected")
    if late := _lines(Path(own.folder, "late")):
        problems.append(f"windows: {len(late)} elements came late")
    stamped = [json.loads(line) for line in _lines(Path(own.folder, "answers"))]
    wrong = sum(line["timestamp"] != timestamp_of(line, own.keys) for line in stamped)
    if wrong:
        problems.append(f"windows: {wrong} answers have another timestamp than their elements")
    return problems


def _lines(folder: Path) -> list[str]:
    """All complete lines, in no order."""
    parts = [part for part in folder.rglob("*") if part.is_file() and part.name[0] != "."]
    return [line for part in parts for line in part.read_text().splitlines()]


__all__ = ["Findings", "find", "look_so_far"]

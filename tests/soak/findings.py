"""What became of the elements of a soak: the verdict of each agent, and what is beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.ledger import Ledger
from tests.chaos.observer import History
from tests.chaos.tally import tally
from tests.chaos.verdict import Verdict, complete_lines, judge, read_answers
from tests.chaos.windows import wrong_windows
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
    timed = settings.of(TIMED)
    windows = wrong_windows(Path(timed.folder), timed.orders, timed.keys)
    return Findings(verdicts, (*problems, *_letters(settings), *windows))


def _letters(settings: SoakSettings) -> list[str]:
    own = settings.of(STREAMING)
    expected = Counter(order.call for order in own.orders if is_refused(order.call))
    letters = [json.loads(line) for line in complete_lines(Path(own.folder, "letters"))]
    found = Counter(json.loads(letter["input"])["call"] for letter in letters)
    if found == expected:
        return []
    return [f"dead letters: {(expected - found).total()} lost, {(found - expected).total()} more"]


__all__ = ["Findings", "find", "look_so_far"]

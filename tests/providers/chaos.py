"""A server that makes a fault of every fifth answer."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from tests.providers.every_provider import Provider
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
    Reset,
    Silence,
    Step,
)

FAULTY = 0.2


@dataclass
class Chaos:
    """Answers each question with ``answer to <question>``, or makes a fault.

    Attributes:
        provider: Whose server it is.
        streams: Whether answers come in pieces; then there are faults in the middle of them.
        made: How often each fault was made.
        calls: How often each question came.
    """

    provider: Provider
    streams: bool = False
    made: Counter[str] = field(default_factory=Counter[str])
    calls: Counter[str] = field(default_factory=Counter[str])
    _chance: random.Random = field(default_factory=lambda: random.Random(7))

    def __call__(self, request: RecordedRequest) -> Step:
        """The answer to a request."""
        question = self.provider.question(request)
        self.calls[question] += 1
        answer = f"answer to {question}"
        if self._chance.random() < FAULTY:
            faults = self.faults(answer)
            fault = self._chance.choice(sorted(faults))
            self.made[fault] += 1
            return faults[fault]
        return self.provider.streamed(answer) if self.streams else self.provider.text(answer)

    def faults(self, answer: str) -> dict[str, Step]:
        """The faults in place of an answer, by name."""
        provider = self.provider
        anywhere: dict[str, Step] = {
            "429": provider.overloaded(429),
            "500": provider.overloaded(500),
            "silence": Silence(),
            "reset": Reset(),
            "garbage": Answer(b'{"choices": [{'),
        }
        if not self.streams:
            return {**anywhere, "half": HalfAnswer(provider.text(answer))}
        whole = provider.streamed(answer)
        begun: Any = list(whole.pieces[:3])
        return {
            **anywhere,
            "broken in the middle": replace(whole, pieces=begun, broken=True),
            "silence in the middle": replace(whole, pieces=begun, silent=True),
            "error in the middle": replace(whole, pieces=[*begun, provider.failed_event]),
        }

"""What a soak is told, and what each of its agents is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.job import JobSettings
from tests.soak.schedule import faults

#: The agents of the job, which take turns with its elements.
DESK, ASKING, STREAMING, KEEPING, TIMED = "desk", "asking", "streaming", "keeping", "timed"
AGENTS = (DESK, ASKING, STREAMING, KEEPING, TIMED)
#: Those with a durable journal.
_DURABLE = (DESK, ASKING)

#: Seconds for which elements can go on beyond those that come at least.
_SPARE = 1_800


@dataclass(frozen=True)
class SoakSettings:
    """All that the job of a soak is told.

    Attributes:
        folder: Where all is written; must be there. An absolute path.
        desk_url: Where the model server of the desk is.
        faulty_url: Where the model server is that makes faults.
        start: When the first element is due, in seconds since 1970.
        per_second: How many elements are due in a second.
        elements: How many there are for each agent at least; they go on until the job is told where
            to end.
        keys: How many keys each agent has.
        checkpoint_ms: Milliseconds between two checkpoints.
    """

    folder: str
    desk_url: str
    faulty_url: str
    start: float
    per_second: float
    elements: int
    keys: int = 40
    checkpoint_ms: int = 2_000

    def to_json(self) -> str:
        """As the program's argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SoakSettings:
        """From the program's argument."""
        return cls(**json.loads(text))

    def of(self, agent: str) -> JobSettings:
        """What an agent is told: a folder of its own, and names of calls that begin with its."""
        folder = f"{self.folder}/{agent}"
        return JobSettings(
            folder,
            self.desk_url if agent == DESK else self.faulty_url,
            run=agent,
            elements=self.elements,
            keys=self.keys,
            durable=agent == DESK,
            journal=Path(folder, "journal").as_uri() if agent in _DURABLE else "",
            event_time=agent == TIMED,
            faults=faults(self.possible // len(AGENTS)) if agent == DESK else (),
        )

    @property
    def total(self) -> int:
        """Elements of all agents."""
        return self.elements * len(AGENTS)

    @property
    def possible(self) -> int:
        """The most elements that can come."""
        return self.total + int(_SPARE * self.per_second)

    @property
    def fuse(self) -> Path:
        """A file that makes the next action of the agent ``keeping`` fail, and is gone then."""
        return Path(self.folder, "fuse")

    @property
    def end(self) -> Path:
        """A file with the number of the first element that does not come any more."""
        return Path(self.folder, "end")

    @property
    def disarmed(self) -> Path:
        """Where the marks of the desk are while nothing is to strike there."""
        return Path(self.folder, DESK, "disarmed")

    @property
    def python_memory(self) -> Path:
        """Folder in which each Python writes down what memory it has."""
        return Path(self.folder, "python")

    def due(self, now: float) -> int:
        """How many elements are due."""
        return max(0, int((now - self.start) * self.per_second))


__all__ = ["AGENTS", "ASKING", "DESK", "KEEPING", "STREAMING", "TIMED", "SoakSettings"]

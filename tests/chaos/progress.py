"""How far a job has come, read from its ledger while that is being written."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.ledger import SEEN, Ledger


class Progress:
    """Follows a ledger; each look reads only what is new.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._path = Path(ledger.path)
        self._offset = 0
        self._answered: set[str] = set()

    def answered(self) -> int:
        """Number of different orders of which an action has seen the model's answer."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._offset += len(line)
                    _, word, name = line.decode().rstrip("\n").split(" ", 2)
                    # Durable calls have a mark in their names.
                    if word == SEEN and "#" not in name:
                        self._answered.add(name)
        return len(self._answered)


__all__ = ["Progress"]

"""Secrets that are easy to find again, and the search for them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Canary:
    """A secret.

    Attributes:
        place: Where it is given, such as ``openai_api_key``.
        core: A text in it that is in nothing else.
    """

    place: str
    core: str

    @property
    def text(self) -> str:
        """The secret. Some of its characters are written otherwise in a URL."""
        return f"sk-{self.core}+/9="

    @property
    def variable(self) -> str:
        """The environment variable that holds it."""
        return f"SECRET_OF_{self.place.upper()}"

    def forms(self) -> Iterator[bytes]:
        """What tells it: its core, as it is or in a URL, and base64 of it at any offset."""
        yield self.core.encode()
        yield quote(self.text, safe="").encode()
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + self.core.encode())
            # The ends mix with what stands beside it.
            yield coded[4 if offset else 0 : -4]


def canaries(*places: str) -> dict[str, Canary]:
    """A secret for each place."""
    return {place: Canary(place, f"canary{n:02}q7xk2vw9") for n, place in enumerate(places)}


def find_secrets(root: Path, secrets: Mapping[str, Canary]) -> list[str]:
    """``file: place`` of each secret in a file, or in a file below a folder.

    Raises:
        AssertionError: If there is nothing to search.
    """
    files = [root] if root.is_file() else [path for path in root.rglob("*") if path.is_file()]
    assert any(path.stat().st_size for path in files), f"nothing to search in {root}"
    found: list[str] = []
    for path in sorted(files):
        content = path.read_bytes()
        for secret in secrets.values():
            if any(form in content for form in secret.forms()):
                found.append(f"{path.relative_to(root.parent)}: {secret.place}")
    return found

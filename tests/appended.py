"""Files to which several processes append lines, and which others read meanwhile."""

from __future__ import annotations

import os
from pathlib import Path


def append(path: Path, line: str) -> None:
    """Write a line in one append. May be called by any thread of any process."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def read_lines(path: Path) -> list[str]:
    """The lines that are there; none if there is no file yet."""
    # Who reads may see the file before its first line, or half of a line that crosses a page.
    text = path.read_bytes() if path.exists() else b""
    return text[: text.rfind(b"\n") + 1].decode().splitlines()


__all__ = ["append", "read_lines"]

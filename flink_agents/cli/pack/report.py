"""What the user is told of an archive."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from flink_agents.cli.pack.build import Packed

_LARGEST = 8


def what_is_in(packed: Packed) -> str:
    """Its size, and what takes most of it."""
    size = packed.archive.stat().st_size
    lines = [
        f"{packed.archive}: {_mb(size)} compressed, {_mb(packed.unpacked)} unpacked. Largest parts:"
    ]
    lines += [f"  {_mb(part):>8}  {name}" for name, part in packed.parts[:_LARGEST]]
    others = sum(part for _, part in packed.parts[_LARGEST:])
    return "\n".join([*lines, f"  {_mb(others):>8}  all others"])


def how_to_submit(archive: Path) -> str:
    """The line that submits a job with it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    path = shlex.quote(str(archive.absolute()))
    return (
        f"Submit a job with it (the workers need a Python {version}):\n"
        f"  flink run -pyarch {path}#environment -pyexec environment/bin/python "
        f'-pyclientexec {shlex.quote(sys.executable)} -py "$PWD/job.py"'
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


__all__ = ["how_to_submit", "what_is_in"]

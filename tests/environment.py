"""The environment for programs that tests start."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

_IS_FLINKS = re.compile(r"PYFLINK_|FLINK_(?!AGENTS_)")


def clean_environment(**variables: str) -> dict[str, str]:
    """That of this process and some variables more.

    What PyFlink sets for its own gateway and workers is not for a program that starts Flink itself.
    """
    inherited = {n: v for n, v in os.environ.items() if not _IS_FLINKS.match(n)}
    return {**inherited, **variables}


def run(command: list[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in that environment; at most five minutes."""
    return subprocess.run(
        [str(part) for part in command],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=300,
    )

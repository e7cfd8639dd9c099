"""The environment for programs that tests start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def clean_environment(**variables: str) -> dict[str, str]:
    """That of this process and some variables more.

    A process-mode job of another test leaves word for this process's workers; a program that starts
    Flink itself must not get it.
    """
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("PYFLINK_")}
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

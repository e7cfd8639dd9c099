"""The environment for programs that tests start."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

_IS_FLINKS = re.compile(r"PYFLINK_|FLINK_(?!AGENTS_)")
#: Before a job of a test changed it: PyFlink adds what its gateway and the workers that it runs
#: within this process are told, which is not for a program that starts Flink itself.
_AT_START = {name: text for name, text in os.environ.items() if not _IS_FLINKS.match(name)}


def clean_environment(**variables: str) -> dict[str, str]:
    """That in which the tests were started and some variables more, for a program of its own."""
    return {**_AT_START, **variables}


def run(command: list[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in that environment; at most five minutes."""
    return subprocess.run(
        [str(part) for part in command],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=300,
    )

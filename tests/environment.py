"""The environment for programs that tests start."""

from __future__ import annotations

import os


def clean_environment(**variables: str) -> dict[str, str]:
    """That of this process and some variables more.

    A process-mode job of another test leaves word for this process's workers; a program that starts
    Flink itself must not get it.
    """
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("PYFLINK_")}
    return {**inherited, **variables}

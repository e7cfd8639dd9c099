"""Removes a compose project when whoever started this program has ended, however it ended.

    python reaper.py COMMAND...

Waits for the end of its standard input, then runs the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def run_at_the_end(command: Sequence[str], folder: str) -> Iterator[None]:
    """Run a command afterwards, also if this process is killed.

    Args:
        command: What to run.
        folder: Where.
    """
    reaper = subprocess.Popen(
        [sys.executable, __file__, *command],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # An interrupt of the tests is none of the reaper, which has its work to do after them.
        start_new_session=True,
    )
    assert reaper.stdin is not None
    try:
        yield
    finally:
        reaper.stdin.close()
        reaper.wait()


if __name__ == "__main__":
    while os.read(0, 1024):
        pass
    sys.exit(subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode)

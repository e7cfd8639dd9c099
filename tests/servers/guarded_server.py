"""What the real servers of the tests share: the cache they come from, and a guard."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")
#: Seconds that a server has to come up.
_PATIENCE = 60


class ServerMissingError(Exception):
    """There is no server here; tells why and what to do."""


class ServerStartError(RuntimeError):
    """A server ended, or said nothing, before it was up; tells what it said last."""


def is_required() -> bool:
    """Whether tests must not be left out for want of the server."""
    return os.environ.get("CI") == "true"


def cache_folder() -> Path:
    """Where built and fetched servers are kept; made if it is not there."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "pyflink-agents")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out for as long as this lasts."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def guarded_server(
    command: Sequence[str], environment: Mapping[str, str], log: Path, is_up: re.Pattern[str]
) -> Iterator[re.Match[str]]:
    """Run a server under guard, so that it ends however this process does.

    Args:
        command: The server.
        environment: Its environment variables.
        log: File for what it says.
        is_up: What it says when it is up; what was found is given.

    Raises:
        ServerStartError: If it did not come up.
    """
    with open(log, "w") as output:
        guard = subprocess.Popen(
            [sys.executable, str(_GUARD), *command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # An interrupt of the tests is none of the guard, which ends the server after them.
            start_new_session=True,
        )
    assert guard.stdin is not None
    try:
        yield _wait_until_up(guard, log, is_up)
    finally:
        guard.stdin.close()
        guard.wait()


def _wait_until_up(
    guard: subprocess.Popen[bytes], log: Path, is_up: re.Pattern[str]
) -> re.Match[str]:
    end = time.monotonic() + _PATIENCE
    while guard.poll() is None and time.monotonic() < end:
        if found := is_up.search(log.read_text(errors="replace")):
            return found
        time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:]
    raise ServerStartError(f"{guard.args[2]} did not come up: {said}")  # pyright: ignore


__all__ = [
    "ServerMissingError",
    "ServerStartError",
    "cache_folder",
    "guarded_server",
    "is_required",
    "locked",
]

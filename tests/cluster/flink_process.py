"""A JVM of a Flink cluster that ends with the test run, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_GUARD = Path(__file__).parents[1] / "servers" / "guard.py"


@dataclass(frozen=True)
class FlinkProcess:
    """A JVM of the cluster under its guard.

    Args:
        guard: Ends the JVM, and what that started, when its standard input closes.
        log: What the JVM has logged and printed.
    """

    guard: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Process id of the JVM."""
        (jvm,) = psutil.Process(self.guard.pid).children()
        return jvm.pid

    def is_running(self) -> bool:
        """Whether the JVM has not ended; it may be about to start."""
        return self.guard.poll() is None

    def has_started(self) -> bool:
        """Whether there is a process that can be killed."""
        return self.is_running() and bool(psutil.Process(self.guard.pid).children())

    def kill(self) -> None:
        """End the JVM at once, as a crash does, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.guard.wait()

    def stop(self) -> None:
        """End the JVM in peace, if it runs."""
        assert self.guard.stdin is not None
        self.guard.stdin.close()
        self.guard.wait()


def start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> FlinkProcess:
    """Start one of Flink's scripts in the foreground; what it prints is added to the log."""
    with open(log, "ab") as output:
        guard = subprocess.Popen(
            [sys.executable, str(_GUARD), *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # An interrupt of the tests is none of the guard, which ends the JVM after them.
            start_new_session=True,
        )
    return FlinkProcess(guard, log)


__all__ = ["FlinkProcess", "start"]

"""Runs a server for as long as whoever started this program lives.

    python guard.py COMMAND...

The server ends when the standard input of this program does, which happens however its parent
ends. The server's own children end with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

#: Seconds that a server has to end by itself.
_PATIENCE = 5


def run(command: Sequence[str]) -> int:
    """Run the server to its end; gives its exit code."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end_with_parent() -> None:
        while os.read(0, 1024):
            pass
        _signal_group(server.pid, signal.SIGTERM)
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            _signal_group(server.pid, signal.SIGKILL)

    threading.Thread(target=end_with_parent, daemon=True).start()
    code = server.wait()
    _signal_group(server.pid, signal.SIGKILL)
    return code


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))

"""What is to be done after the tests is done however they end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.compose.engine import ROOT

PROGRAM = """
import sys
from tests.compose.reaper import run_at_the_end

with run_at_the_end(["touch", "done"], sys.argv[1]):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, None])
def test_a_command_is_run_at_the_end_of_a_program(
    tmp_path: Path, number: signal.Signals | None
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        assert not (tmp_path / "done").exists()
        if number is not None:
            program.send_signal(number)
    deadline = time.monotonic() + 20
    while not (tmp_path / "done").exists():
        assert time.monotonic() < deadline, "the command was not run"
        time.sleep(0.05)

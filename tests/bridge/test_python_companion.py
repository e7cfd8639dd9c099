"""The companion Python process of a JVM; what it serves is tested from Java."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flink_agents.bridge.java_home import java_home
from flink_agents.bridge.java_jar import LIBRARY, jar

MODELS = Path(__file__).parents[2] / "java-bridge/bridge/src/test/python"
COMPANION = [sys.executable, "-m", "flink_agents.bridge.python_companion"]


def java_program(classes: Path, *arguments: str) -> list[str]:
    logging = next(LIBRARY.glob("companion-logging-*.jar"))
    path = os.pathsep.join(map(str, (jar(), logging, classes)))
    java = str(Path(java_home()) / "bin" / "java")
    return [java, "-cp", path, "example.AskPython", str(MODELS), sys.executable, *arguments]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int) -> bool:
    end = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.mark.java
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_jvm_however_that_ends(java_classes: Path, number: int) -> None:
    command = java_program(java_classes, "wait")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert is_alive(pid)
        program.send_signal(number)
        program.wait()
    assert ends(pid)


@pytest.mark.java
def test_it_ends_when_the_last_model_is_closed_and_so_does_the_program(java_classes: Path) -> None:
    done = subprocess.run(
        java_program(java_classes), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ends(int(done.stdout))


def test_started_by_hand_it_says_who_starts_it() -> None:
    done = subprocess.run(
        COMPANION, input="", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "started by the JVM" in done.stderr


def test_without_its_jvm_it_ends_with_an_error() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        done = subprocess.run(
            COMPANION,
            input=f'{{"port": {port}, "token": "x"}}\n',
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


def test_it_looks_for_circles_of_objects_less_often_than_python_does() -> None:
    told = "import gc\nfrom flink_agents.bridge import python_companion\n"
    told += (
        "try:\n    python_companion.main()\nexcept SystemExit:\n    print(gc.get_threshold()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], input="", capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "20000\n", done.stderr

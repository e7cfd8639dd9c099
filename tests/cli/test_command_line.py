"""The program ``flink-agents`` as it is called."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flink_agents import __version__
from flink_agents.cli.doctor import command
from flink_agents.cli.main import main
from flink_agents.exceptions import EnvironmentSetupError
from tests.cli.recorded_cluster import http_server

_ROOT = Path(__file__).parents[2]


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flink_agents.cli", *arguments]


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, word in (
        (["--version"], __version__),
        (["--help"], "examples:"),
        (["doctor", "--help"], "examples:"),
        (["pack", "--help"], "usage:"),
        (["plan", "--help"], "usage:"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert (ended.value.code, word in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [[], ["cure"], ["doctor", "--rest-url", "localhost:8081"], ["doctor", "--timeout", "0"]],
)
def test_wrong_usage_has_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_an_error_of_the_library_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(request: object, quiet: bool) -> None:
        raise EnvironmentSetupError("Java is missing. Install it.")

    monkeypatch.setattr(command, "diagnose", fail)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "flink-agents: Java is missing. Install it.\n"


def test_a_command_that_cannot_be_loaded_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "flink_agents.cli.plan", None)
    assert main(["plan", "--rate", "5"]) == 1
    assert "flink-agents doctor" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--help"])
    assert ended.value.code == 0


def test_the_doctor_runs_where_no_package_is_installed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    # -S: without site-packages, so with the standard library alone.
    command = [sys.executable, "-S", "-m", "flink_agents.cli", "doctor"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "pip install" in run.stdout


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = subprocess.Popen(
        program("doctor"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == ""
    assert process.wait() == 1


def test_an_interrupt_ends_with_130() -> None:
    def slow(path: str) -> tuple[int, bytes]:
        asked.append(path)
        time.sleep(3)
        return 404, b""

    asked: list[str] = []
    with http_server(slow) as url:
        process = subprocess.Popen(
            program("doctor", "--rest-url", url),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not asked:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=50)
    assert (process.returncode, errors) == (130, "\nflink-agents: stopped.\n")

"""The doctor finds seeded faults of this machine and names the remedy of each."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flink_agents import __version__
from flink_agents.cli.doctor import client, client_machine
from flink_agents.cli.doctor.check import Check, examine, ok, without_secrets
from flink_agents.cli.doctor.client import client_checks
from flink_agents.cli.doctor.command import diagnose
from flink_agents.cli.doctor.request import Request
from tests.cli.faults import Fault, assert_found
from tests.cli.machine_faults import FAULTS
from tests.environment import clean_environment

Patch = pytest.MonkeyPatch
_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def machine(monkeypatch: Patch) -> None:
    """Without what other tests left, and with ports that nobody else takes meanwhile."""
    for name in ("FLINK_HOME", "FLINK_CONF_DIR", "SUBMIT_ARGS", *client._TRAPS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(client_machine, "_PORTS", {})
    # Stands for a jar that is there, which a machine without Maven has not built.
    monkeypatch.setattr(client, "jar", lambda: Path(__file__))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_this_machine_is_found(fault: Fault, monkeypatch: Patch, tmp_path: Path) -> None:
    request = fault.seed(monkeypatch, tmp_path)
    assert_found(fault, diagnose(request or Request()))


def test_a_port_of_another_program_is_told_with_a_free_one(monkeypatch: Patch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(client_machine, "_PORTS", {port: "jobmanager.rpc.port"})
        (check,) = client_machine.ports(None)
    assert (check.status, str(port) in check.found) == ("warning", True)
    assert re.search(r"set jobmanager\.rpc\.port: \d+$", check.remedy)


def test_this_machine_is_well(monkeypatch: Patch) -> None:
    checks = list(diagnose(Request()))
    assert [each for each in checks if each.status != "ok"] == []
    assert {"Python", "apache-flink", "PyFlink's packages", "Java"} <= {c.name for c in checks}


def test_the_supported_pythons_are_those_of_the_package() -> None:
    (low, high) = client.SUPPORTED_PYTHON
    text = f'requires-python = ">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"'
    assert text in (_ROOT / "pyproject.toml").read_text()


def test_an_archive_is_told_as_the_options_of_a_job(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "env.zip", "w") as archive:
        archive.writestr(f"venv/lib/pyflink_agents-{__version__}.dist-info/METADATA", "")
        archive.writestr("venv/bin/python3", "")
        archive.writestr("venv/bin/python", "")
    checks = examine("client", client_checks(Request(archive=f"{tmp_path}/env.zip#venv")))
    (check,) = (each for each in checks if each.name == "environment archive")
    assert check.status == "ok"
    assert "-pyexec venv/venv/bin/python" in check.found


def test_a_check_that_fails_is_a_problem_and_the_next_one_runs() -> None:
    def broken() -> Check:
        raise ZeroDivisionError("oh")

    first, second = examine("cluster", [("one", broken), ("two", lambda: ok("two", "fine"))])
    assert (first.name, first.status, first.place) == ("one", "problem", "cluster")
    assert "ZeroDivisionError: oh" in first.found
    assert second.status == "ok"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:pass@host:80/x", "http://***@host:80/x"),
        ("s3.secret-key: abc def", "s3.secret-key: *** def"),
        ("http://host/?api_key=abc&x=1", "http://host/?api_key=***&x=1"),
        ('{"password": "abc"}', '{"password": "***"}'),
        ("3.11.7 (/opt/venv/bin/python)", "3.11.7 (/opt/venv/bin/python)"),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_the_program_tells_programs_as_json(tmp_path: Path) -> None:
    environment = clean_environment(FLINK_HOME=str(tmp_path))
    run = subprocess.run(
        [sys.executable, "-m", "flink_agents.cli", "doctor", "--json"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = json.loads(run.stdout)
    assert (run.returncode, run.stderr, told["problems"]) == (1, "", 1)
    (found,) = (each for each in told["checks"] if each["status"] == "problem")
    assert (found["name"], found["place"]) == ("FLINK_HOME", "client")
    assert os.fspath(tmp_path) in found["found"]

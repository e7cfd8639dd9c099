"""The doctor's job in the workers of a real cluster that is well, and of one that is not."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flink_agents.cli.doctor.check import Check
from flink_agents.cli.doctor.command import diagnose
from flink_agents.cli.doctor.request import Request
from tests.cli.faults import Fault, assert_found
from tests.cli.recorded_cluster import http_server
from tests.cluster.standalone_cluster import StandaloneCluster, standalone_cluster

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[StandaloneCluster]:
    jars = [*_pyflink().glob("opt/flink-python-*.jar")]
    with standalone_cluster(task_managers=1, slots=1, jars=jars) as running:
        yield running


@pytest.fixture
def client_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The configuration that jobs from here are submitted with."""
    monkeypatch.setenv("FLINK_CONF_DIR", str(tmp_path))
    file = tmp_path / "config.yaml"
    shutil.copy(_pyflink() / "conf" / "config.yaml", file)
    return file


def _pyflink() -> Path:
    found = importlib.util.find_spec("pyflink")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


def workers(request: Request) -> list[Check]:
    checks = list(diagnose(request))
    assert [e for e in checks if e.place != "worker" and e.status == "problem"] == []
    return [each for each in checks if each.place == "worker"]


def running_jobs(cluster: StandaloneCluster) -> list[str]:
    jobs = cluster.rest("/jobs/overview")["jobs"]
    return [each["name"] for each in jobs if each["state"] not in ("FINISHED", "FAILED")]


def test_a_python_that_the_worker_does_not_have(cluster: StandaloneCluster) -> None:
    request = Request(cluster.rest_url, python="/opt/missing/bin/python")
    fault = Fault(
        "", print, "python.executable", "no /opt/missing/bin/python", "--python .*-pyarch"
    )
    assert_found(fault, workers(request))


def test_a_healthy_cluster_has_no_problem(cluster: StandaloneCluster) -> None:
    for _ in range(2):  # the second job in a TaskManager is another matter than the first
        with http_server(lambda path: (404, b"")) as server:
            request = Request(cluster.rest_url, python=sys.executable, model_server=server)
            checks = workers(request)
        found = {each.name: each for each in checks if each.status == "ok"}
        assert [each for each in checks if each.status == "problem"] == []
        assert {"worker's Python", "worker's pemja", "worker's Java", "model server"} <= set(found)
        assert sys.executable in found["worker's Python"].found
    assert running_jobs(cluster) == []


def test_a_bare_python_in_the_worker(cluster: StandaloneCluster, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    request = Request(cluster.rest_url, python=python)
    # What fails first depends on whether the TaskManager has run a job before.
    remedy = rf"Install .*{python}.*flink-agents pack"
    assert_found(Fault("", print, "worker's pemja", "no pemja", remedy), workers(request))


def test_a_worker_with_another_version_that_reaches_no_model_server(
    cluster: StandaloneCluster, client_configuration: Path, tmp_path: Path
) -> None:
    stale = tmp_path / "site" / "pyflink_agents-0.0.9.dist-info"
    stale.mkdir(parents=True)
    (stale / "METADATA").write_text("Name: pyflink-agents\nVersion: 0.0.9\n")
    with client_configuration.open("a") as file:
        file.write(f"\npython:\n  pythonpath: {stale.parent}\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        dead = f"http://127.0.0.1:{server.getsockname()[1]}"
    request = Request(cluster.rest_url, python=sys.executable, model_server=dead)
    checks = workers(request)
    agents = [each for each in checks if each.name != "model server"]
    server_checks = [each for each in checks if each.name == "model server"]
    fault = Fault(
        "", print, "worker's flink-agents", r"0\.0\.9, here is", "nstall pyflink-agents=="
    )
    assert_found(fault, agents)
    fault = Fault("", print, "model server", "cannot be reached.*refused", "OLLAMA_HOST=0.0.0.0")
    assert_found(fault, server_checks)

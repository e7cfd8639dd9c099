"""Jobs submitted to a real cluster in all the ways that docs/deployment.md tells."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyflink
import pytest

from flink_agents.bridge.java_jar import CLASSPATH_VARIABLE, LIBRARY
from flink_agents.cli.pack.build import pack
from flink_agents.cli.pack.request import PackRequest
from tests.bridge.java_program import compile_java
from tests.cluster.standalone_cluster import (
    StandaloneCluster,
    application_cluster,
    standalone_cluster,
)

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(600)]

JOBS = Path(__file__).parent / "jobs"
BRIDGE = Path(__file__).parents[1] / "bridge"
MODULES = ["-pyfs", str(JOBS / "modules")]
INSTALLED = ["-pyexec", sys.executable, "-pyclientexec", sys.executable]
SCRIPT = ["-py", str(JOBS / "greeting_job.py")]
MODULE = ["-pym", "greeting_job"]
NUMBERS = 20
#: As docs/deployment.md tells: the library of thread mode is loaded once for all jobs.
FLINK_PYTHON = sorted(Path(pyflink.__path__[0], "opt").glob("flink-python-*.jar"))
OPTIONS = {"classloader.parent-first-patterns.additional": "pemja"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as ``flink-agents pack`` makes it."""
    file = tmp_path_factory.mktemp("packed") / "env.tar.gz"
    return pack(PackRequest(file), print).archive


@pytest.fixture(scope="module")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Java classes that companions of the cluster find."""
    return tmp_path_factory.mktemp("classes")


@pytest.fixture(scope="module")
def cluster(java_classes: Path) -> Iterator[StandaloneCluster]:
    """Two TaskManagers that have this Python's environment, and the jar in their ``lib``."""
    jars = [*FLINK_PYTHON, *LIBRARY.glob("flink-agents-*.jar")]
    variables = {CLASSPATH_VARIABLE: str(java_classes)}
    with standalone_cluster(options=OPTIONS, environment=variables, jars=jars) as started:
        yield started


def packed(archive: Path, client: str = sys.executable) -> list[str]:
    python = "environment/bin/python"
    return ["-pyarch", f"{archive}#environment", "-pyexec", python, "-pyclientexec", client]


def lines(folder: Path) -> list[dict[str, Any]]:
    """What the job has written for good, in the order of the numbers."""
    parts = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    written = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    return sorted(written, key=lambda line: line["number"])


def job_id(output: str) -> str:
    found = re.search(r"JobID ([0-9a-f]{32})", output)
    assert found, output
    return found[1]


def check_greetings(written: list[dict[str, Any]], numbers: int = NUMBERS) -> None:
    """Each number has one answer, and each key counted its own; of the order sources decide."""
    assert [line["number"] for line in written] == list(range(numbers))
    assert [line["answer"] for line in written] == [f"Hello {n}" for n in range(numbers)]
    for key in range(7):
        seen = [line["seen"] for line in written if line["number"] % 7 == key]
        assert sorted(seen) == list(range(1, len(seen) + 1))


@pytest.mark.parametrize("mode", ["thread", "process"])
@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["py", "pym"])
def test_the_environment_of_the_cluster_runs_a_job(
    cluster: StandaloneCluster, tmp_path: Path, mode: str, program: list[str]
) -> None:
    if program == MODULE:
        program = ["-pyfs", f"{JOBS},{JOBS / 'modules'}", *MODULE]
    else:
        program = [*MODULES, *SCRIPT]
    cluster.flink(
        "run", "-p", 2, *INSTALLED, *program, tmp_path / "out", "--mode", mode, timeout=300
    )
    written = lines(tmp_path / "out")
    check_greetings(written)
    assert {line["thread"] for line in written} == {mode == "thread"}
    # One Python each in the two TaskManagers.
    assert len({line["pid"] for line in written}) == 2
    assert "python-files" in written[0]["words"]


def test_a_packed_environment_travels_in_process_mode(
    cluster: StandaloneCluster, archive: Path, tmp_path: Path
) -> None:
    arguments = [*packed(archive), *MODULES, *SCRIPT, tmp_path / "out", "--mode", "process"]
    cluster.flink("run", "-p", 2, *arguments, timeout=300)
    written = lines(tmp_path / "out")
    check_greetings(written)
    assert "python-archives/environment/lib" in written[0]["package"]


@pytest.mark.java
def test_a_java_model_answers_from_the_jar_in_the_clusters_lib(
    cluster: StandaloneCluster, archive: Path, java_classes: Path, tmp_path: Path
) -> None:
    sources = [BRIDGE / "java" / "example" / f"Echo{part}.java" for part in ("Connection", "Setup")]
    compile_java(sources, java_classes)
    # The packed environment has no jar of its own.
    arguments = [*packed(archive), *MODULES, *SCRIPT, tmp_path / "out", "--mode", "process"]
    cluster.flink("run", *arguments, "--java", timeout=300)
    written = lines(tmp_path / "out")
    assert [(line["number"], line["answer"]) for line in written] == [
        (number, str(number)) for number in range(NUMBERS)
    ]
    assert "python-archives/environment/lib" in written[0]["package"]


def test_a_stopped_job_goes_on_from_its_savepoint(
    cluster: StandaloneCluster, tmp_path: Path
) -> None:
    numbers, hurry = 2000, tmp_path / "hurry"
    options = ["--numbers", str(numbers), "--hurry", str(hurry)]
    job = [*INSTALLED, *MODULES, *SCRIPT, tmp_path / "out", *options]
    job_1 = job_id(cluster.flink("run", "-d", *job, timeout=300))
    cluster.wait_for_job(job_1, "RUNNING", 120)
    end = time.monotonic() + 120
    while not lines(tmp_path / "out") and time.monotonic() < end:
        time.sleep(0.2)
    output = cluster.flink("stop", "--savepointPath", cluster.savepoints.as_uri(), job_1)
    found = re.search(r"Path: (\S+)", output)
    assert found, output
    assert 0 < len(lines(tmp_path / "out")) < numbers
    hurry.touch()
    job_2 = job_id(cluster.flink("run", "-d", "-s", found[1], *job, timeout=300))
    cluster.wait_for_job(job_2, "FINISHED", 240)
    check_greetings(lines(tmp_path / "out"), numbers)


def test_an_application_cluster_runs_one_job_with_a_packed_environment(
    archive: Path, tmp_path: Path
) -> None:
    arguments = [*packed(archive, "environment/bin/python"), *MODULES, *SCRIPT, tmp_path / "out"]
    driver = ["--job-classname", "org.apache.flink.client.python.PythonDriver"]
    # The machine has a Python, and nothing of ours.
    bare = {"PATH": f"{Path(sys.base_prefix, 'bin')}{os.pathsep}{os.defpath}"}
    with application_cluster(
        *driver, *arguments, "--mode", "thread", environment=bare, jars=FLINK_PYTHON
    ) as started:
        assert started.job_manager is not None
        assert started.job_manager.guard.wait(300) == 0, started.tail()
    written = lines(tmp_path / "out")
    check_greetings(written)
    assert "python-archives/environment" in written[0]["package"]
    assert {line["thread"] for line in written} == {True}

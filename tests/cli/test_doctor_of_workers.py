"""What the doctor makes of what workers tell, and of what its job fails with."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents import __version__
from flink_agents.cli.doctor.check import Check
from flink_agents.cli.doctor.probe import ProbeResult
from flink_agents.cli.doctor.worker import judge
from tests.cli.faults import Fault, assert_found

Answer = dict[str, Any]


def answer(**values: Any) -> Answer:
    """What a healthy worker tells."""
    return {
        "host": "taskmanager-1",
        "process": 17,
        "python": platform.python_version(),
        "executable": "/opt/venv/bin/python",
        "prefix": "/opt/venv",
        "base": "/usr",
        "named": {"error": None, "base": "/usr", "pemja": True},
        "packages": {"apache-flink": "2.3.0", "pemja": "0.5.7", "pyflink-agents": __version__},
        "agents_error": None,
        "pemja_error": None,
        "jar_error": None,
        "java": "17.0.15",
        "fault_handler": False,
        "model_server": "",
        "model_server_error": None,
        **values,
    }


def told(
    *answers: Answer, text: str = "", named_by: str = "user", in_time: bool = True
) -> list[Check]:
    result = ProbeResult(list(answers), "/opt/venv/bin/python", named_by, text, in_time)
    return list(judge(result, timeout=60))


def packages(**versions: str | None) -> dict[str, str | None]:
    return answer()["packages"] | {k.replace("_", "-"): v for k, v in versions.items()}


ANSWERS = [
    Fault(
        "another Python",
        lambda: answer(python="3.8.18"),
        "worker's Python",
        r"3\.8\.18.*cannot travel",
        "-pyexec",
    ),
    Fault(
        "no PyFlink",
        lambda: answer(packages=packages(apache_flink=None)),
        "worker's PyFlink",
        "none, here is",
        "nstall pyflink-agents==.*flink-agents pack",
    ),
    Fault(
        "no pemja",
        lambda: answer(pemja_error="ImportError: no"),
        "worker's pemja",
        "ImportError",
        "/opt/venv/bin/python",
    ),
    Fault(
        "package missing",
        lambda: answer(packages=packages(pyflink_agents=None), agents_error="ModuleNotFoundError"),
        "worker's flink-agents",
        "ModuleNotFoundError",
        "flink-agents pack",
    ),
    Fault(
        "another Python is loaded",
        lambda: answer(named={"error": None, "base": "/opt/python", "pemja": True}),
        "worker's Python",
        "/usr was loaded by an earlier job",
        "Restart the TaskManagers",
    ),
    Fault("Java 11", lambda: answer(java="11.0.2"), "worker's Java", "11", "Java 17"),
    Fault(
        "no jar",
        lambda: answer(jar_error="x"),
        "worker's bridge jar",
        "x",
        "--with-java",
        "warning",
    ),
    Fault(
        "a fault handler",
        lambda: answer(fault_handler=True),
        "worker's environment",
        "PYTHONFAULTHANDLER is set",
        "Leave PYTHONFAULTHANDLER out",
        "warning",
    ),
]

FAILURES = [
    Fault(
        "a configuration without Java's options",
        lambda: "java.lang.reflect.InaccessibleObjectException: Unable to make field",
        "env.java.opts.all",
        "options for that are missing",
        "config.yaml that Flink brings",
    ),
    Fault(
        "the jar is loaded twice",
        lambda: "Caused by: java.lang.NoSuchFieldException: loadedLibraryNames",
        "flink-python jar",
        "second job cannot load pemja",
        "Copy opt/flink-python.*lib/",
    ),
    Fault(
        "no slot",
        lambda: "NoResourceAvailableException: Could not acquire the minimum required resources.",
        "free slots",
        "got no slot",
        "taskmanager.sh start",
    ),
    Fault(
        "a Python without a shared library",
        lambda: "Caused by: java.lang.RuntimeException: Failed to find libpython",
        "worker's pemja",
        "no libpython",
        "find_libpython",
    ),
    Fault(
        "a package that thread mode does not see",
        lambda: "pemja.core.PythonException: ModuleNotFoundError: No module named 'pyflink'",
        "worker's pyflink",
        "cannot import pyflink",
        "python.pythonpath",
    ),
    Fault(
        "an archive without its base",
        lambda: "environment/bin/python: this machine has no usable python3.11. Install it",
        "worker's Python",
        "finds no python3.11",
        "FLINK_AGENTS_PYTHON",
    ),
    Fault(
        "an unreachable JobManager",
        lambda: "Caused by: java.net.UnknownHostException: jobmanager",
        "probe job",
        "UnknownHostException: jobmanager",
        "rest.address",
    ),
    Fault(
        "anything else",
        lambda: "Caused by: a.b.FirstException: x\nCaused by: a.b.LastError: heart",
        "probe job",
        "^a.b.LastError: heart$",
        "TaskManager's log",
    ),
]


def ids(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", ANSWERS, ids=ids)
def test_a_fault_that_a_worker_tells_is_found(fault: Fault) -> None:
    assert_found(fault, told(fault.seed()))


@pytest.mark.parametrize("fault", FAILURES, ids=ids)
def test_what_the_job_fails_with_is_explained(fault: Fault) -> None:
    assert_found(fault, told(text=fault.seed()))


def test_a_python_that_only_the_cluster_names_is_told() -> None:
    fault = Fault("", print, "python.executable", "by the cluster only", "-pyexec /opt", "warning")
    assert_found(fault, told(answer(), named_by="cluster"))


def test_equal_workers_are_told_of_once_and_a_different_one_beside_them() -> None:
    healthy: list[Callable[[], Answer]] = [answer] * 3
    checks = told(*(make() for make in healthy), answer(host="taskmanager-2", java="11.0.2"))
    found = [each.found for each in checks if each.name == "worker's Java"]
    assert found == ["17.0.15", "11.0.2"]
    assert "2 TaskManagers" in checks[0].found

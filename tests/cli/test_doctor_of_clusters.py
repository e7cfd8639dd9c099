"""The doctor finds faults of a cluster by what its REST API says, as recorded from a real one."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents import __version__
from flink_agents.cli.doctor.check import Check, examine
from flink_agents.cli.doctor.cluster import cluster_checks, reach
from flink_agents.cli.doctor.rest import Rest
from flink_agents.cli.main import main
from tests.cli.faults import Fault, assert_found
from tests.cli.recorded_cluster import http_server, recorded_cluster

Answers = dict[str, Any]


def diagnosis(url: str) -> list[Check]:
    """What the doctor says of a cluster, without a job."""
    rest = Rest(url)
    reached = reach(rest)
    if reached.overview is None:
        return [reached.check]
    return [reached.check, *examine("cluster", cluster_checks(rest, reached.overview))]


def overview(**values: Any) -> Callable[[Answers], None]:
    return lambda answers: answers["overview"].update(
        {key.replace("_", "-"): value for key, value in values.items()}
    )


def option(key: str, value: str) -> Callable[[Answers], None]:
    return lambda answers: answers["jobmanager/config"].append({"key": key, "value": value})


def jar(name: str) -> Callable[[Answers], None]:
    return lambda answers: answers["jobmanager/environment"]["classpath"].append(f"/lib/{name}")


def without_jar(part: str) -> Callable[[Answers], None]:
    def change(answers: Answers) -> None:
        environment = answers["jobmanager/environment"]
        environment["classpath"] = [each for each in environment["classpath"] if part not in each]

    return change


def java_11(answers: Answers) -> None:
    version = "OpenJDK 64-Bit Server VM - Debian - 11/11.0.25+9"
    answers["jobmanager/environment"]["jvm"]["version"] = version


def well_set(answers: Answers) -> None:
    """What a careful administrator has set."""
    option("execution.checkpointing.dir", "s3://bucket/checkpoints")(answers)
    option("execution.checkpointing.interval", "10s")(answers)
    jar(f"flink-agents-{__version__}.jar")(answers)
    for manager in answers["taskmanagers"]["taskmanagers"]:
        manager["memoryConfiguration"]["taskOffHeap"] = 512_000_000


def four_slots(answers: Answers) -> None:
    answers["taskmanagers"]["taskmanagers"][0]["slotsNumber"] = 4


def little_memory(answers: Answers) -> None:
    answers["taskmanagers"]["taskmanagers"][0]["memoryConfiguration"]["taskOffHeap"] = 0


def removed(key: str) -> Callable[[Answers], None]:
    def change(answers: Answers) -> None:
        answers["jobmanager/config"] = [e for e in answers["jobmanager/config"] if e["key"] != key]

    return change


FAULTS = [
    Fault(
        "another Flink",
        overview(flink_version="1.20.1"),
        "Flink version",
        "the cluster is Flink 1.20.1",
        r"flink:2\.\d\.\d-java17",
    ),
    Fault(
        "no TaskManagers",
        overview(taskmanagers=0, slots_total=0, slots_available=0),
        "TaskManagers",
        "none is registered",
        r"taskmanager\.sh start.*jobmanager\.rpc\.address",
    ),
    Fault(
        "no free slots",
        overview(slots_available=0),
        "free slots",
        "none of 1",
        r"taskmanager\.sh start.*flink cancel",
    ),
    Fault("Java 11", java_11, "cluster's Java", r"11\.0\.25", "Java 17"),
    Fault(
        "PyFlink's jar comes with each job",
        without_jar("flink-python"),
        "flink-python jar",
        "one Python job in thread mode, no second",
        r"Copy opt/flink-python-.*lib/",
    ),
    Fault(
        "another version's jar",
        jar("flink-agents-0.0.9.jar"),
        "flink-agents jar",
        r"0\.0\.9.*, here is",
        r"Put flink-agents-.*\.jar alone into.*lib/",
    ),
    Fault(
        "our jar is missing",
        without_jar("flink-agents"),
        "flink-agents jar",
        "is not in the cluster's lib/",
        r"flink run -C file:///",
        "warning",
    ),
    Fault(
        "checkpoints in the heap",
        removed("execution.checkpointing.dir"),
        "checkpoints",
        "JobManager's heap",
        "Set execution.checkpointing.dir: s3://",
        "warning",
    ),
    Fault(
        "no checkpoints",
        removed("execution.checkpointing.interval"),
        "checkpoint interval",
        "is not set",
        "execution.checkpointing.interval: 10s",
        "warning",
    ),
    Fault(
        "no restarts",
        option("restart-strategy.type", "none"),
        "restart strategy",
        "first failure",
        "exponential-delay",
        "warning",
    ),
    Fault(
        "slots that share an interpreter",
        four_slots,
        "slots",
        "up to 4",
        "numberOfTaskSlots: 1",
        "warning",
    ),
    Fault("no memory for Python", little_memory, "memory", "201 MB", "task.off-heap", "warning"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_a_cluster_is_found(fault: Fault) -> None:
    def change(answers: Answers) -> None:
        well_set(answers)
        fault.seed(answers)

    with recorded_cluster(change) as url:
        assert_found(fault, diagnosis(url))


def test_a_cluster_that_is_well_set_has_nothing_to_complain_of() -> None:
    with recorded_cluster(well_set) as url:
        checks = diagnosis(url)
    assert [each for each in checks if each.status != "ok"] == []


def test_a_dead_rest_api_is_found_and_nothing_else_is_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    fault = Fault("", print, "REST API", "nothing answers at", "start-cluster.sh.*--rest-url")
    assert_found(fault, diagnosis(url))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"hello": 1}', b"[]"])
def test_a_server_that_is_not_flink_is_told_as_such(body: bytes) -> None:
    with http_server(lambda path: (200, body)) as url:
        checks = diagnosis(url)
    fault = Fault("", print, "REST API", "answers, but not as Flink", "--rest-url.*dashboard")
    assert_found(fault, checks)


def test_a_server_that_refuses_is_told_with_its_name() -> None:
    with http_server(lambda path: (403, b"")) as url:
        (check,) = diagnosis(url)
    assert "with 403 (it calls itself RecordedServer/1" in check.found


def test_a_server_of_another_protocol_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        from threading import Thread

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-other\r\n")

        thread = Thread(target=greet)
        thread.start()
        (check,) = diagnosis(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert "does not speak HTTP" in check.found


def test_no_value_of_a_secret_option_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with recorded_cluster(option("my.own.token", "geheim")) as url:
        main(["doctor", "--no-probe", "--rest-url", url.replace("//", "//me:geheim@")])
        main(["doctor", "--no-probe", "--json", "--rest-url", url])
    printed = capsys.readouterr()
    assert "Flink version" in printed.out
    assert "//***@127.0.0.1" in printed.out
    assert "geheim" not in printed.out + printed.err

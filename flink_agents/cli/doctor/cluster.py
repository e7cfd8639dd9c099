"""The cluster, as its REST API shows it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from flink_agents import __version__
from flink_agents.bridge.java_home import SUPPORTED_JAVA
from flink_agents.cli.doctor import cluster_options
from flink_agents.cli.doctor.check import Check, ok, problem, warning
from flink_agents.cli.doctor.rest import Overview, Rest, RestError

if TYPE_CHECKING:
    from flink_agents.cli.doctor.check import Outcome

_AGENTS_JAR = re.compile(r"flink-agents-(\d[^/\\]*)\.jar$")
_PYTHON_JAR = re.compile(r"flink-python-([^/\\]+)\.jar$")
_KAFKA_JAR = re.compile(r"flink-(?:sql-)?connector-kafka-([^/\\]+)\.jar$")


@dataclass(frozen=True)
class Reached:
    """Whether there is a cluster.

    Args:
        check: What to tell of it.
        overview: The cluster in numbers; None if there is none.
    """

    check: Check
    overview: Overview | None


def reach(rest: Rest) -> Reached:
    """Ask the API for the first time."""
    try:
        overview = rest.overview()
    except RestError as error:
        fix = (
            "Name Flink's REST API: --rest-url http://HOST:PORT, the address of its dashboard"
            if error.answered
            else "Start the cluster (start-cluster.sh, or docker compose up -d), or name its REST "
            "API: --rest-url http://HOST:PORT; from another machine rest.bind-address must be "
            "0.0.0.0"
        )
        return Reached(problem("REST API", str(error), fix), None)
    return Reached(ok("REST API", f"{rest.url} answers, {overview.jobs} jobs run"), overview)


def cluster_checks(rest: Rest, overview: Overview) -> list[tuple[str, Callable[[], Outcome]]]:
    """The checks of a cluster that answers."""
    options = functools.cache(rest.options)
    return [
        ("Flink version", functools.partial(flink_version, overview.version)),
        ("TaskManagers", functools.partial(task_managers, overview)),
        ("cluster's Java", functools.partial(java, rest)),
        ("flink-python jar", lambda: python_jar(rest, options())),
        ("flink-agents jar", functools.partial(agents_jar, rest)),
        ("Kafka connector", functools.partial(kafka_connector, rest)),
        ("Python options", lambda: cluster_options.python(options())),
        ("checkpoints", lambda: cluster_options.checkpoints(options())),
        ("state backend", lambda: cluster_options.state_backend(options())),
        ("restart strategy", lambda: cluster_options.restart_strategy(options())),
        ("high availability", lambda: cluster_options.high_availability(options())),
        ("slots", lambda: cluster_options.slots(options(), rest.task_managers())),
        ("memory", lambda: cluster_options.memory(rest.task_managers())),
    ]


def flink_version(version: str) -> Check:
    """Whether client and cluster have the same minor version: they exchange Java objects."""
    try:
        own = metadata.version("apache-flink")
    except metadata.PackageNotFoundError:
        return problem(
            "Flink version", f"{version}, and no PyFlink here", "pip install pyflink-agents"
        )
    if version.split(".")[:2] == own.split(".")[:2]:
        return ok("Flink version", f"{version}, as PyFlink {own} here")
    return problem(
        "Flink version",
        f"the cluster is Flink {version}, PyFlink here is {own}",
        f"Run the cluster with Flink {own} (image flink:{own}-java17); this package needs PyFlink "
        f"{'.'.join(own.split('.')[:2])}",
    )


def task_managers(overview: Overview) -> Iterator[Check]:
    """Whether there is somewhere to run."""
    if not overview.task_managers:
        yield problem(
            "TaskManagers",
            "none is registered",
            "Start one (taskmanager.sh start, or docker compose up -d taskmanager-1); if one runs, "
            "its jobmanager.rpc.address and .port must lead to this JobManager: see its log",
        )
        return
    yield ok("TaskManagers", f"{overview.task_managers}, {overview.slots} slots")
    if overview.free_slots:
        yield ok("free slots", f"{overview.free_slots} of {overview.slots}")
    else:
        yield problem(
            "free slots",
            f"none of {overview.slots}: a job would wait for one, and fail after five minutes",
            "Add a TaskManager (taskmanager.sh start), or end a job: flink list, flink cancel JOB",
        )


def java(rest: Rest) -> Check:
    """The JobManager's Java; the job in the workers tells of theirs."""
    version = rest.java_version()
    match = re.match(r"(?:1\.)?(\d+)", version)
    if match and int(match.group(1)) in SUPPORTED_JAVA:
        return ok("cluster's Java", version)
    return problem(
        "cluster's Java",
        f"{version} is none of {', '.join(map(str, SUPPORTED_JAVA))}",
        "Run the cluster with Java 17: image flink:2.3.0-java17, or env.java.home in config.yaml",
    )


def python_jar(rest: Rest, options: Mapping[str, str]) -> Check:
    """PyFlink's jar, with pemja in it, in the cluster's ``lib``.

    Else it comes with each job, and in thread mode a TaskManager can load it only once.
    """
    found = _jars(rest, _PYTHON_JAR)
    if found:
        return ok("flink-python jar", f"{', '.join(found)} is in the cluster's lib/")
    if options.get("python.execution-mode") == "process":
        return ok("flink-python jar", "comes with each job, which is well in process mode")
    return problem(
        "flink-python jar",
        "is not in the cluster's lib/: a TaskManager runs one Python job in thread mode, no second",
        "Copy opt/flink-python-2.3.0.jar of Flink into the cluster's lib/ and restart the cluster",
    )


def agents_jar(rest: Rest) -> Check:
    """The jar with the Java side in the cluster's ``lib``, which agents written in Java need."""
    fix = f"Put flink-agents-{__version__}.jar alone into the cluster's lib/ and restart it"
    found = _jars(rest, _AGENTS_JAR)
    if not found:
        return warning(
            "flink-agents jar",
            "is not in the cluster's lib/: agents written in Java have to bring it",
            f"Only for those: {fix}, or submit them with flink run -C file:///PATH/flink-agents-"
            f"{__version__}.jar",
        )
    if found != [__version__]:
        return problem(
            "flink-agents jar",
            f"the cluster's lib/ has version {', '.join(found)}, here is {__version__}",
            fix,
        )
    return ok("flink-agents jar", f"{__version__} is in the cluster's lib/")


def kafka_connector(rest: Rest) -> Check:
    """The connector in the cluster's ``lib``, which jobs that read topics need."""
    found = _jars(rest, _KAFKA_JAR)
    if found:
        return ok("Kafka connector", f"{', '.join(found)} is in the cluster's lib/")
    return ok(
        "Kafka connector", "not in the cluster's lib/: jobs that use Kafka bring it (--jarfile)"
    )


def _jars(rest: Rest, pattern: re.Pattern[str]) -> list[str]:
    matches = map(pattern.search, rest.class_path())
    return [match.group(1) for match in matches if match]

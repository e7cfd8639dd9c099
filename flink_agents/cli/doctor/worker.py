"""What the job in the workers tells."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any

from flink_agents import __version__
from flink_agents.bridge.java_home import SUPPORTED_JAVA
from flink_agents.cli.doctor.check import Check, ok, problem, warning
from flink_agents.cli.doctor.probe import ProbeResult
from flink_agents.cli.doctor.worker_failures import explain, no_python

#: How the environment of a worker is put right, for all that is wrong with it.
_ENVIRONMENT = (
    "install pyflink-agents=={version} for {python} on every TaskManager, or send the environment "
    "along: flink-agents pack, then -pyarch env.tar.gz#environment -pyexec environment/bin/python "
    "(doctor --pyarch env.tar.gz#environment)"
)


def judge(result: ProbeResult, timeout: float) -> Iterator[Check]:
    """What the answers mean.

    Args:
        result: What became of the job.
        timeout: Seconds that it had.
    """
    if not result.answers:
        yield explain(result, timeout)
        return
    managers = sorted({f"{each['host']} ({each['process']})" for each in result.answers})
    yield ok("probe job", f"ran in {_some(managers)}")
    python = result.python
    if result.named_by == "cluster":
        yield warning(
            "python.executable",
            f"{python} is named by the cluster only: jobs that are submitted from here do not ask "
            "for it",
            f"Submit with: flink run -pyexec {python} (the doctor did so)",
        )
    fix = _ENVIRONMENT.format(version=__version__, python=python)
    for each in _different(result.answers):
        yield from _judge_answer(each, python, fix[0].upper() + fix[1:])


def _judge_answer(answer: dict[str, Any], python: str, fix: str) -> Iterator[Check]:
    if named := _named(answer, python, fix):
        yield named
        return
    yield _python(answer, python)
    pemja = answer["packages"]["pemja"]
    if answer["pemja_error"]:
        yield problem("worker's pemja", f"cannot be imported: {answer['pemja_error']}", fix)
    else:
        yield ok("worker's pemja", str(pemja))
    yield _pyflink(answer, fix)
    yield from _agents(answer, fix)
    yield _java(answer)
    if answer["fault_handler"]:
        yield warning(
            "worker's environment",
            "PYTHONFAULTHANDLER is set: in thread mode it ends the TaskManager at a signal that "
            "Java makes for its own use",
            "Leave PYTHONFAULTHANDLER out of the environment of the TaskManagers",
        )
    if answer["model_server"]:
        yield _model_server(answer)


def _named(answer: dict[str, Any], python: str, fix: str) -> Check | None:
    """What is wrong with the interpreter that the job named, though an earlier one answered."""
    named = answer["named"]
    if named is None:
        return None
    if named["error"]:
        return no_python(python, named["error"])
    if not named["pemja"]:
        return problem("worker's pemja", f"{python} on the TaskManager has no pemja", fix)
    if named["base"] != answer["base"]:
        return problem(
            "worker's Python",
            f"{answer['base']} was loaded by an earlier job, and {python} (of {named['base']}) is "
            "not used",
            "Restart the TaskManagers: in thread mode the first job decides which Python they load",
        )
    return None


def _python(answer: dict[str, Any], python: str) -> Check:
    found = f"{answer['python']} ({python}, environment {answer['prefix']})"
    if answer["python"].split(".")[:2] == platform.python_version().split(".")[:2]:
        return ok("worker's Python", found)
    return problem(
        "worker's Python",
        f"{found}, here is {platform.python_version()}: functions cannot travel between them",
        "Name a Python of the same minor version on the TaskManagers: --python PATH, for jobs "
        "-pyexec PATH; or submit with that version here",
    )


def _pyflink(answer: dict[str, Any], fix: str) -> Check:
    theirs, own = answer["packages"]["apache-flink"], metadata.version("apache-flink")
    if theirs and theirs.split(".")[:2] == own.split(".")[:2]:
        return ok("worker's PyFlink", theirs)
    return problem("worker's PyFlink", f"{theirs or 'none'}, here is {own}", fix)


def _agents(answer: dict[str, Any], fix: str) -> Iterator[Check]:
    theirs = answer["packages"]["pyflink-agents"]
    if theirs and theirs != __version__:
        yield problem("worker's flink-agents", f"{theirs}, here is {__version__}", fix)
        return
    if answer["agents_error"]:
        yield problem("worker's flink-agents", f"no: {answer['agents_error']}", fix)
        return
    yield ok("worker's flink-agents", theirs or "not installed, but can be imported")
    if answer["jar_error"]:
        yield warning(
            "worker's bridge jar",
            answer["jar_error"],
            "Only for Java models: install a wheel of the package on the workers, or take "
            "the jar along: flink-agents pack --with-java",
        )
    else:
        yield ok("worker's bridge jar", "is there, of the same version")


def _java(answer: dict[str, Any]) -> Check:
    major = answer["java"].split(".")[0]
    if major in map(str, SUPPORTED_JAVA):
        return ok("worker's Java", answer["java"])
    return problem(
        "worker's Java",
        answer["java"],
        "Run the TaskManagers with Java 17, and set JAVA_HOME there",
    )


def _model_server(answer: dict[str, Any]) -> Check:
    url = answer["model_server"]
    if answer["model_server_error"] is None:
        return ok("model server", f"{url} answers the worker")
    return problem(
        "model server",
        f"{url} cannot be reached from {answer['host']}: {answer['model_server_error']}",
        "Name the server as workers see it (localhost is the worker itself; in docker compose "
        "http://ollama:11434), and let it listen on all addresses: OLLAMA_HOST=0.0.0.0",
    )


def _different(answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One answer of each kind: a hundred equal workers are told of once."""
    kinds: dict[str, dict[str, Any]] = {}
    for answer in answers:
        kind = {k: v for k, v in answer.items() if k not in ("process", "host")}
        kinds.setdefault(repr(kind), answer)
    return list(kinds.values())


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{len(names)} TaskManager{'s' * (len(names) > 1)}: {', '.join(names[:4])}{more}"

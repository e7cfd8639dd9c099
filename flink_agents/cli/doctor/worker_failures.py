"""Why the job in the workers did not answer."""

from __future__ import annotations

import re

from flink_agents import __version__
from flink_agents.cli.doctor.check import Check, problem
from flink_agents.cli.doctor.probe import ProbeResult

_NO_PROGRAM = re.compile(r'Cannot run program "([^"]+)"')
_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_NO_LIBRARY = re.compile(r"Failed to find libpython")
_LOADED_TWICE = re.compile(r"NoSuchFieldException: loadedLibraryNames")
_NO_BASE = re.compile(r"this machine has no usable (python[\d.]*)")
_CLOSED = re.compile(r"InaccessibleObjectException")
_NO_SLOTS = re.compile(r"NoResourceAvailableException|Could not acquire the minimum required")
_OTHER_FLINK = re.compile(r"InvalidClassException: (.+)")
_UNREACHABLE = re.compile(
    r"(?:Connection refused|UnknownHostException|Connection timed out|ConnectTimeoutException).*"
)
_CAUSE = re.compile(r"^(?:Caused by: )?([\w.$]+(?:Error|Exception)\w*: .+)$", re.MULTILINE)
_SHOWN = 500
_PACK = (
    "or send an environment along: flink-agents pack, then -pyarch env.tar.gz#environment "
    "-pyexec environment/bin/python (doctor --pyarch env.tar.gz#environment)"
)
#: Each job that brings the jar has a class loader of its own, and Java lets only one of them load
#: the native library in it; pemja's way around that ended with Java 12.
_TWICE = (
    "a second job cannot load pemja in a TaskManager: the jar came with the job, and once before"
)
_ONCE = (
    "Copy opt/flink-python-2.3.0.jar of Flink into the cluster's lib/ and restart the cluster, so "
    "that all jobs share it"
)


def explain(result: ProbeResult, timeout: float) -> Check:
    """What is wrong, by what the job failed with.

    Args:
        result: What became of the job; without answers.
        timeout: Seconds that it had.
    """
    text, python = result.text, result.python
    if match := _NO_PROGRAM.search(text):
        return no_python(match.group(1), "Cannot run program")
    if match := _NO_BASE.search(text):
        return problem(
            "worker's Python",
            f"the archive finds no {match.group(1)} on the TaskManager to run with",
            f"Install {match.group(1)} there, or name it by FLINK_AGENTS_PYTHON in the environment "
            "of the TaskManagers",
        )
    if _CLOSED.search(text):
        return problem(
            "env.java.opts.all",
            "Java 17 does not let Flink into its own classes: the options for that are missing",
            "Take env.java.opts.all of the config.yaml that Flink brings over into yours "
            "($FLINK_CONF_DIR/config.yaml here, and that of the cluster)",
        )
    if _LOADED_TWICE.search(text):
        return problem("flink-python jar", _TWICE, _ONCE)
    if match := _NO_MODULE.search(text):
        return _missing_module(match.group(1), python)
    if _NO_LIBRARY.search(text):
        return problem(
            "worker's pemja",
            f"{python} does not start on the TaskManager, or has no libpython to be embedded",
            f"Run there: {python} -c 'import pemja, find_libpython; "
            "print(find_libpython.find_libpython())'; install a Python with a shared library "
            f"(Debian: libpython3-dev), or use process mode; {_PACK}",
        )
    if _NO_SLOTS.search(text) or result.state in ("CREATED", "RESTARTING"):
        return problem(
            "free slots",
            "the probe job got no slot",
            "Add a TaskManager (taskmanager.sh start), or end a job: flink list, flink cancel JOB",
        )
    if match := _OTHER_FLINK.search(text):
        return problem(
            "Flink version",
            f"client and cluster do not understand each other: {match.group(1)[:_SHOWN]}",
            "Install the PyFlink of the cluster's version here",
        )
    if not result.in_time:
        return problem(
            "probe job",
            f"no answer within {timeout:g} s; the job was {result.state or 'not submitted'}",
            "Look at the TaskManager's log; on a slow cluster give more time: --timeout 300",
        )
    if match := _UNREACHABLE.search(text):
        return problem(
            "probe job",
            f"could not be submitted: {match.group(0)[:_SHOWN]}",
            "Let this machine reach the JobManager's REST port, and rest.address be a name that it "
            "can resolve",
        )
    return problem("probe job", _heart(text), "Look at the TaskManager's log")


def no_python(python: str, error: str) -> Check:
    """The interpreter that jobs name is not there, or does not start."""
    return problem(
        "python.executable",
        f"there is no {python} on the TaskManager that starts ({error})",
        "Name an interpreter that every TaskManager has: --python PATH, for jobs -pyexec PATH "
        f"or python.executable in config.yaml; {_PACK}",
    )


def _missing_module(module: str, python: str) -> Check:
    if module in ("find_libpython", "pemja"):
        return problem(
            "worker's pemja",
            f"{python} on the TaskManager has no pemja, so it cannot be embedded (no {module})",
            f"Install it there: {python} -m pip install pyflink-agents=={__version__}; {_PACK}",
        )
    return problem(
        f"worker's {module.partition('.')[0]}",
        f"{python} on the TaskManager cannot import {module}",
        f"Install it there: {python} -m pip install pyflink-agents=={__version__}; if it is "
        "there, python.pythonpath must name its site-packages in thread mode (-pyexec with the "
        f"absolute path of a virtual environment does that); {_PACK}",
    )


def _heart(text: str) -> str:
    causes = _CAUSE.findall(text)
    return (causes[-1] if causes else text.strip()[-_SHOWN:] or "the job ended without a word")[
        :_SHOWN
    ]

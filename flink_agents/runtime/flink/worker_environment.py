"""Make PyFlink jobs run from a virtual environment and on a fresh machine.

PyFlink needs a Java runtime for its gateway, and a worker in thread mode is a Python
interpreter inside the Java process, which does not know the virtual environment of the client.
`find_java_home` of the bridge answers the first, `configure` the second.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flink_agents.bridge.java_home import JavaNotFoundError, find_java_home

if TYPE_CHECKING:
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

_LOCAL_TARGETS = ("local", "minicluster")
#: Milliseconds. Results of model calls wait for the end of a bundle; Flink's own default is 1,000.
_BUNDLE_TIME = "100"

logger = logging.getLogger(__name__)


def configure(target: Configuration | StreamExecutionEnvironment) -> None:
    """Set the Python options of a Flink job that the user left open.

    `python.execution-mode` becomes `thread`; for `process`, `python.fn-execution.bundle.time`
    becomes 100 ms. When the job runs on this machine,
    `python.executable` and `python.client.executable` become this interpreter, and the folders
    this interpreter imports from are added behind the user's `python.pythonpath`. On a remote
    cluster no path of this machine is set; when the user named the worker's interpreter by an
    absolute path in a virtual environment, that environment's packages are added.

    Args:
        target: A configuration before the environment is made from it, or an environment
            before its job is submitted. Changed in place; what the user set is kept.
    """
    options = options_of(target)
    _set_default(options, "python.execution-mode", "thread")
    if options.get_string("python.execution-mode", "") == "process":
        _set_default(options, "python.fn-execution.bundle.time", _BUNDLE_TIME)
    if _is_local(options):
        _set_default(options, "python.executable", sys.executable)
        _set_default(options, "python.client.executable", sys.executable)
        _add_python_paths(options, client_python_paths())
    else:
        executable = options.get_string("python.executable", "")
        _add_python_paths(options, _packages_beside(executable))


def forward_gateway_errors() -> None:
    """Show what PyFlink's Java process writes to stderr, a MiniCluster's workers included.

    PyFlink starts it with a pipe that nobody reads: without this, a job stands still as soon as
    its workers have written more than the pipe holds (64 kB).
    """
    # Python keeps a process that was started and forgotten in this list, so as to reap it.
    for process in list(getattr(subprocess, "_active", ())):
        arguments = process.args if isinstance(process.args, list) else []
        if (
            any("PythonGatewayServer" in str(a) for a in arguments)
            and process.pid not in _forwarded
        ):
            _forwarded.add(process.pid)
            threading.Thread(
                target=_forward, args=(process.stderr,), name="flink-agents-stderr", daemon=True
            ).start()


_forwarded: set[int] = set()


def _forward(source: Any) -> None:
    for line in source:
        try:
            sys.stderr.write(line.decode(errors="replace"))
        except (OSError, ValueError):
            continue  # our own stderr is closed; go on reading for the other's sake


def client_python_paths() -> list[str]:
    """The folders and archives this interpreter imports from, without the standard library."""
    paths = sysconfig.get_paths()
    standard = {os.path.realpath(paths["stdlib"]), os.path.realpath(paths["platstdlib"])}
    found: list[str] = []
    # A package installed in editable mode may be importable by a hook only, without a sys.path
    # entry; the worker needs this package above all.
    own_root = str(Path(__file__).resolve().parents[3])
    for entry in [*sys.path, own_root]:
        path = os.path.abspath(entry or os.getcwd())
        real = os.path.realpath(path)
        is_standard = real in standard or os.path.basename(real) == "lib-dynload"
        if os.path.exists(path) and not is_standard and path not in found:
            found.append(path)
    return found


def options_of(target: Any) -> Configuration:
    """The Flink options of an environment; changes to them take effect in it."""
    j_environment = getattr(target, "_j_stream_execution_environment", None)
    if j_environment is None:
        return target
    from pyflink.common import Configuration
    from pyflink.util.java_utils import get_j_env_configuration

    # PyFlink itself reaches the options of an environment this way; there is no public getter.
    return Configuration(j_configuration=get_j_env_configuration(j_environment))


def _is_local(options: Configuration) -> bool:
    if options.contains_key("execution.target"):
        return options.get_string("execution.target", "") in _LOCAL_TARGETS
    # Without a target, a program started by `flink run` goes to the cluster of that command;
    # one started with plain Python gets a MiniCluster, unless SUBMIT_ARGS says otherwise.
    started_by_flink_run = "PYFLINK_GATEWAY_PORT" in os.environ
    return not started_by_flink_run and "local" in os.environ.get("SUBMIT_ARGS", "local").split()


def _set_default(options: Configuration, key: str, value: str) -> None:
    if not options.contains_key(key):
        options.set_string(key, value)


def _add_python_paths(options: Configuration, paths: list[str]) -> None:
    present = [p for p in options.get_string("python.pythonpath", "").split(os.pathsep) if p]
    joined = os.pathsep.join([*present, *(p for p in paths if p not in present)])
    if joined:
        options.set_string("python.pythonpath", joined)


def _packages_beside(executable: str) -> list[str]:
    """Site-packages of a worker's virtual environment, judged by its path alone."""
    path = Path(executable)
    if not path.is_absolute() or path.parent.name != "bin" or path.parents[1].name in ("", "usr"):
        return []
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [str(path.parents[1] / "lib" / python / "site-packages")]


__all__ = [
    "JavaNotFoundError",
    "client_python_paths",
    "configure",
    "find_java_home",
    "forward_gateway_errors",
    "options_of",
]

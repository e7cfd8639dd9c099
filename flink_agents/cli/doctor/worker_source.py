"""What runs in a Python worker of the cluster: tells where it runs and what it finds there.

It travels as text and is compiled there: the worker may have another Python than the client, and
need not have this package. So it imports only what every Python from 3.8 on has, and PyFlink.
"""

import json
import os
import sys
from typing import Any

from pyflink.datastream import ProcessFunction


def tell(python, model_server):
    """What is found here, as a dictionary of plain values."""
    import platform
    import socket

    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base": sys.base_prefix,
        "packages": {name: _version(name) for name in ("apache-flink", "pemja", "pyflink-agents")},
        "agents_error": _agents_error(),
        "pemja_error": _import_error("pemja"),
        "jar_error": _jar_error(),
        "java": _java(),
        "fault_handler": bool(os.environ.get("PYTHONFAULTHANDLER")),
        "named": _named(python),
        "model_server": model_server,
        "model_server_error": _unreachable(model_server) if model_server else None,
    }


def _version(name):
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _named(python):
    """What the named interpreter is; a TaskManager may have loaded another for an earlier job."""
    import subprocess

    if "/" in python and not os.path.isabs(python):
        return None  # in an archive, whose folder only Flink knows
    command = [python, "-c", "import sys; print(sys.base_prefix)"]
    try:
        run = subprocess.run(command, capture_output=True, timeout=30)
        pemja = subprocess.run([python, "-c", "import pemja"], capture_output=True, timeout=30)
    except Exception as error:
        return {"error": _short(error), "base": None, "pemja": False}
    error = run.stderr.decode(errors="replace")[-300:] if run.returncode else None
    base = run.stdout.decode(errors="replace").strip()
    return {"error": error, "base": base, "pemja": pemja.returncode == 0}


def _import_error(module):
    import importlib

    try:
        importlib.import_module(module)
    except Exception as error:
        return _short(error)
    return None


def _agents_error():
    return _import_error("flink_agents.runtime.flink.environment")


def _jar_error():
    try:
        from flink_agents.bridge.java_jar import jar

        jar()
    except Exception as error:
        return _short(error)
    return None


def _java():
    """The version of the TaskManager's own Java in thread mode, else of JAVA_HOME or the PATH."""
    try:
        import pemja

        return pemja.findClass("java.lang.System").getProperty("java.version")  # pyright: ignore
    except Exception:
        pass
    import re
    import subprocess

    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        run = subprocess.run([java, "-version"], capture_output=True, timeout=30)
    except Exception as error:
        return f"none ({_short(error)})"
    match = re.search(r'version "([^"]+)"', run.stderr.decode(errors="replace"))
    return match.group(1) if match else "unknown"


def _unreachable(url):
    """Why the server does not answer; None if it does, with whatever it says."""
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        urlopen(url, timeout=10).close()
    except HTTPError:
        return None
    except Exception as error:
        return _short(error)
    return None


def _short(error):
    return f"{type(error).__name__}: {error}"[:500]


class Probe(ProcessFunction):
    """Answers each element, which names an interpreter and a model server, with what is here."""

    def process_element(self, value: str, ctx: Any) -> Any:
        """One line of JSON for an element."""
        yield json.dumps(tell(*json.loads(value)))

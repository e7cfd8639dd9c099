"""The machine that jobs are submitted from: Python, Java, the jar and the environment variables."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from flink_agents import __version__
from flink_agents.bridge.java_home import SUPPORTED_JAVA, JavaNotFoundError, java_home
from flink_agents.cli.doctor.archive import environment_archive
from flink_agents.cli.doctor.check import Check, ok, problem, warning
from flink_agents.cli.doctor.client_machine import loopback, ports, temporary_folder
from flink_agents.cli.doctor.client_packages import flink_packages, own_packages, sdks
from flink_agents.cli.doctor.request import Request
from flink_agents.exceptions import EnvironmentSetupError

if TYPE_CHECKING:
    from flink_agents.cli.doctor.check import Outcome

#: As ``requires-python`` of the package.
SUPPORTED_PYTHON = ((3, 10), (3, 12))

#: What variables do that a shell may have left behind, for PyFlink's client and gateway.
_TRAPS = {
    "PYFLINK_GATEWAY_PORT": "PyFlink looks for a Java process of another program",
    "PYFLINK_GATEWAY_DISABLED": "PyFlink does not start Java",
    "PYFLINK_CLIENT_EXECUTABLE": "`flink run` starts job scripts with that Python",
    "PYFLINK_EXECUTABLE": "workers run that Python",
    "PYFLINK_PYTHON": "Flink's scripts use that Python",
    "PYTHON_LOOPBACK_SERVER_ADDRESS": "workers connect to another program",
    "FLINK_TESTING": "PyFlink adds Flink's own tests to its classes",
    "FLINK_LIB_DIR": "PyFlink takes Flink's jars from there",
    "FLINK_OPT_DIR": "PyFlink takes Flink's jars from there",
    "PYTHONHOME": "each Python takes its standard library from there",
    "SUBMIT_ARGS": "PyFlink submits with these arguments, not to a MiniCluster",
}


def client_checks(request: Request) -> list[tuple[str, Callable[[], Outcome]]]:
    """The checks of this machine, in the order of what needs what."""
    return [
        ("Python", python),
        ("flink-agents", installation),
        ("packages", own_packages),
        ("PyFlink's packages", flink_packages),
        ("model SDKs", sdks),
        ("Java", java),
        ("bridge jar", bridge_jar),
        ("FLINK_HOME", flink_home),
        ("FLINK_CONF_DIR", flink_configuration),
        ("variables", variables),
        ("loopback", loopback),
        ("ports", functools.partial(ports, request.rest_url)),
        ("temporary folder", temporary_folder),
        ("environment archive", functools.partial(environment_archive, request.archive)),
    ]


def python() -> Check:
    """The interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    found = f"{version} ({sys.executable})"
    lowest, highest = SUPPORTED_PYTHON
    if lowest <= sys.version_info[:2] <= highest:
        return ok("Python", found)
    wanted = f"{_dotted(lowest)} to {_dotted(highest)}"
    return problem(
        "Python",
        f"{found} is not supported: PyFlink 2.3 and pemja need {wanted}",
        f"Make an environment of a Python that is: python{_dotted((3, 11))} -m venv venv && "
        "venv/bin/pip install pyflink-agents",
    )


def installation() -> Check:
    """This package itself."""
    folder = Path(__file__).parents[2]
    if __version__ == "0.0.0":
        return warning(
            "flink-agents",
            f"runs from {folder}, not installed: its version is unknown",
            "Install it: pip install pyflink-agents (in a checkout: ./scripts/setup)",
        )
    return ok("flink-agents", f"{__version__} ({folder})")


def java() -> Check:
    """The Java that PyFlink and `flink` will start."""
    named = os.environ.get("JAVA_HOME")
    wanted = " or ".join(map(str, SUPPORTED_JAVA))
    try:
        home = java_home()
    except JavaNotFoundError as error:
        found, _, fix = str(error).partition(" Install one")
        return problem("Java", found, f"Install one{fix}")
    if named and not os.path.samefile(home, named):
        return problem(
            "Java",
            f"JAVA_HOME is {named}, which is {_java_in(named)}; Flink needs Java {wanted}",
            f"export JAVA_HOME={home}",
        )
    if not named and shutil.which("java") is None:
        return warning(
            "Java",
            f"{home} is found by this package, but `flink` will not find it",
            f"export JAVA_HOME={home}",
        )
    return ok("Java", f"{_java_in(home)} ({home})")


def bridge_jar() -> Check | None:
    """The jar with the Java side."""
    try:
        path = jar()
    except ImportError:
        return None  # what cannot be imported is a problem of the packages
    except EnvironmentSetupError as error:
        text, _, fix = str(error).partition(". Build it")
        fix = f"Build it{fix}" if fix else "Build it with scripts/setup, or install a wheel."
        if "missing" in text:
            return warning("bridge jar", text, fix)
        return problem("bridge jar", text, fix)
    return ok("bridge jar", f"{path.name}, {path.stat().st_size / 1e6:.0f} MB")


def jar() -> Path:
    """As that of the bridge, which needs packages that may be missing."""
    from flink_agents.bridge import java_jar

    return java_jar.jar()


def flink_home() -> Check | None:
    """Whether FLINK_HOME leads PyFlink to another Flink than its own."""
    home = os.environ.get("FLINK_HOME")
    if not home:
        return None
    fix = "unset FLINK_HOME (PyFlink brings its own Flink), or install that version of Flink"
    version = _flink_in(Path(home))
    if version is None:
        return problem("FLINK_HOME", f"{home} has no lib/flink-dist-*.jar", fix)
    try:
        own = metadata.version("apache-flink")
    except metadata.PackageNotFoundError:
        return warning("FLINK_HOME", f"{home} is Flink {version}; there is no PyFlink", fix)
    if version.split(".")[:2] != own.split(".")[:2]:
        return problem("FLINK_HOME", f"{home} is Flink {version}, PyFlink is {own}", fix)
    return ok("FLINK_HOME", f"{home}, Flink {version}")


def flink_configuration() -> Check | None:
    """Whether FLINK_CONF_DIR has a configuration that this Flink reads."""
    folder = os.environ.get("FLINK_CONF_DIR")
    if not folder:
        return None
    if (Path(folder) / "config.yaml").is_file():
        return ok("FLINK_CONF_DIR", folder)
    old = Path(folder) / "flink-conf.yaml"
    there = ", only flink-conf.yaml of Flink 1" if old.is_file() else ""
    return problem(
        "FLINK_CONF_DIR",
        f"{folder} has no config.yaml{there}",
        "unset FLINK_CONF_DIR, or write a config.yaml there",
    )


def variables() -> list[Check]:
    """Variables that change what PyFlink does, which nobody remembers to have set."""
    found = [
        warning(name, f"is set to {os.environ[name]!r}: {effect}", f"unset {name}")
        for name, effect in _TRAPS.items()
        if os.environ.get(name)
    ]
    return found or [ok("variables", "none that changes what PyFlink does")]


def _flink_in(home: Path) -> str | None:
    for found in home.glob("lib/flink-dist-*.jar"):
        return found.stem.removeprefix("flink-dist-")
    return None


def _java_in(home: str) -> str:
    java = Path(home) / "bin" / ("java.exe" if os.name == "nt" else "java")
    if not java.is_file():
        return "no Java runtime"
    try:
        run = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"a Java that does not start ({error})"
    match = re.search(r'version "([^"]+)"', run.stderr + run.stdout)
    return f"Java {match.group(1)}" if match else "a Java of unknown version"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))

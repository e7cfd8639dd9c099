"""How the tests compile and run Java programs: with the jar that ships and the Flink of PyFlink."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from flink_agents.bridge.java_home import java_home
from flink_agents.bridge.java_jar import jar

_OPENED = ("java.util", "java.lang", "java.time")


def flink_jars() -> list[Path]:
    """The jars of the Flink that PyFlink brings."""
    package = importlib.util.find_spec("pyflink")
    assert package is not None and package.origin is not None
    return sorted((Path(package.origin).parent / "lib").glob("*.jar"))


def class_path(*folders: Path) -> str:
    """The jar, Flink and folders with classes."""
    return os.pathsep.join(str(path) for path in (*folders, jar(), *flink_jars()))


def compile_java(sources: list[Path], folder: Path, *class_folders: Path) -> Path:
    """Compile sources into a folder, without a warning; returns the folder."""
    command = [
        str(Path(java_home()) / "bin" / "javac"),
        *("--release", "17", "-parameters", "-Xlint:all,-processing,-serial,-path,-classfile"),
        *("-Werror", "-d", str(folder), "-cp", class_path(*class_folders)),
    ]
    done = subprocess.run(
        [*command, *map(str, sources)], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def run_java(
    classes: Path, main: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; Python models run in the Python of the tests."""
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
    java = str(Path(java_home()) / "bin" / "java")
    return subprocess.run(
        [java, "-Xmx1g", *opens, "-cp", class_path(classes), main, *arguments],
        env={**os.environ, "FLINK_AGENTS_PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )

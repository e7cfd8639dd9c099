"""Adds this package and the user's own code to an environment."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Sequence
from pathlib import Path

import flink_agents
from flink_agents.bridge.java_jar import jar
from flink_agents.cli.pack.installed import OWN_NAME, own_distribution
from flink_agents.cli.pack.request import PackRequest
from flink_agents.exceptions import EnvironmentSetupError

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".git", ".venv")


def is_project(path: Path) -> bool:
    """Whether a path is one that an installer takes: a project's folder or a wheel."""
    return path.suffix == ".whl" or any(
        path.joinpath(name).is_file() for name in ("pyproject.toml", "setup.py")
    )


def check_own(path: Path) -> None:
    """Refuse what cannot be imported.

    Raises:
        EnvironmentSetupError: If the path is no wheel, project, package or module.
    """
    if not path.exists():
        raise EnvironmentSetupError(f"{path} does not exist.")
    is_package = path.is_dir() and any(path.glob("*.py"))
    if not (is_project(path) or is_package or path.suffix == ".py"):
        raise EnvironmentSetupError(
            f"{path} is no wheel, no folder with pyproject.toml, no Python package and no module. "
            "Give the folder that has the .py files: its name is what the job imports."
        )


def add_this_package(packages: Path, request: PackRequest) -> None:
    """Copy the very package that packs: what a client and its workers run must not differ."""
    (source,) = flink_agents.__path__
    target = packages / "flink_agents"
    if target.exists():
        shutil.rmtree(target)  # a requirement of the user that brought another version

    def left_out(folder: str, names: list[str]) -> set[str]:
        jars = set() if request.with_java else set(fnmatch.filter(names, "flink-agents-*.jar"))
        return jars | set(_LEFT_OUT(folder, names))

    if request.with_java:
        jar()  # raises if it is missing
    shutil.copytree(source, target, ignore=left_out)
    own = own_distribution()
    information = packages / f"{OWN_NAME.replace('-', '_')}-{own.version}.dist-info"
    information.mkdir(exist_ok=True)
    for name in ("METADATA", "entry_points.txt"):
        if text := own.read_text(name):
            (information / name).write_text(text)


def add_own_code(packages: Path, own: Sequence[Path]) -> None:
    """Copy packages and modules of the user."""
    for path in own:
        target = packages / path.resolve().name
        if target.exists():
            raise EnvironmentSetupError(
                f"{path} has the name of something that is installed. Rename it."
            )
        if path.is_dir():
            shutil.copytree(path, target, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(path, target)


__all__ = ["add_own_code", "add_this_package", "check_own", "is_project"]

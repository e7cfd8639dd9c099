"""An archive of a Python environment that travels with jobs."""

from __future__ import annotations

import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from flink_agents import __version__
from flink_agents.cli.doctor.check import Check, ok, problem, warning

_INTERPRETER = re.compile(r"(?:^|.*/)bin/python(?:3(?:\.\d+)?)?$")
_AGENTS = re.compile(r"(?:^|.*/)pyflink_agents-([^/]+)\.dist-info/METADATA$")


@dataclass(frozen=True)
class Archive:
    """An archive as workers will see it.

    Args:
        file: The file here.
        name: Folder on the worker that it is unpacked into.
        python: Its interpreter, as ``python.executable`` has to name it; None if it has none.
        agents: Version of this package in it; None if it is not in it.
    """

    file: Path
    name: str
    python: str | None
    agents: str | None


def open_archive(text: str) -> Archive:
    """Look into an archive.

    Args:
        text: ``FILE`` or ``FILE#NAME``, as ``-pyarch`` takes it.

    Raises:
        OSError: If the file cannot be read, or is neither a zip nor a tar.
    """
    path, _, name = text.partition("#")
    file = Path(path)
    names = _names_in(file)
    name = name or file.name
    found = sorted((each for each in names if _INTERPRETER.match(each)), key=len)
    versions = [match.group(1) for match in map(_AGENTS.match, names) if match]
    python = f"{name}/{found[0].removeprefix('./')}" if found else None
    return Archive(file, name, python, versions[0] if versions else None)


def environment_archive(text: str | None) -> Check | None:
    """Whether the archive has what a worker needs."""
    if text is None:
        return None
    fix = "Make a new one: flink-agents pack"
    try:
        archive = open_archive(text)
    except OSError as error:
        return problem("environment archive", f"{text}: {error}", fix)
    size = f"{archive.file} ({archive.file.stat().st_size / 1e6:.0f} MB)"
    if archive.agents is None:
        return problem("environment archive", f"{size} has no package pyflink-agents", fix)
    if archive.agents != __version__:
        found = f"{size} has pyflink-agents {archive.agents}, here is {__version__}"
        return problem("environment archive", found, fix)
    if archive.python is None:
        return warning(
            "environment archive",
            f"{size} has packages but no bin/python",
            "Name the worker's own interpreter with --python PATH, and for jobs with -pyexec PATH.",
        )
    return ok("environment archive", f"{size}: -pyarch {text} -pyexec {archive.python}")


def _names_in(file: Path) -> list[str]:
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as zipped:
                return zipped.namelist()
        with tarfile.open(file) as tarred:
            return tarred.getnames()
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise OSError(f"is neither a zip nor a tar file: {error}") from None

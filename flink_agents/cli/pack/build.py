"""Makes the archive: install, leave out, add what is our own, compress."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flink_agents.cli.pack import launcher
from flink_agents.cli.pack.archive import write_archive
from flink_agents.cli.pack.install import install
from flink_agents.cli.pack.installed import editable_packages
from flink_agents.cli.pack.own_code import add_own_code, add_this_package, check_own, is_project
from flink_agents.cli.pack.pruning import prune
from flink_agents.cli.pack.request import PackRequest
from flink_agents.exceptions import EnvironmentSetupError

_SUPPORTED = ((3, 10), (3, 12))
#: Bytes that an environment takes before anything is left out of it, Flink's jars included.
_SPACE = 1_500_000_000


@dataclass(frozen=True)
class Packed:
    """An archive that was made.

    Args:
        archive: The file.
        unpacked: Bytes that it takes on a worker.
        parts: Bytes by top-level package, largest first.
    """

    archive: Path
    unpacked: int
    parts: tuple[tuple[str, int], ...]


def pack(request: PackRequest, say: Callable[[str], None]) -> Packed:
    """Make an archive.

    Args:
        request: What is to be in it.
        say: Told what is being done.

    Raises:
        EnvironmentSetupError: If it cannot be made; there is no file then, or the old one.
    """
    _check(request, say)
    with _clear_errors(request.output), tempfile.TemporaryDirectory(prefix="pack-") as folder:
        if (free := shutil.disk_usage(folder).free) < _SPACE:
            raise EnvironmentSetupError(
                f"{folder} has {free / 1e6:.0f} MB free, and making an environment takes "
                f"{_SPACE / 1e6:.0f} MB. Make room, or set TMPDIR to a folder on another disk."
            )
        root = Path(folder, "environment")
        python = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = root / "lib" / python / "site-packages"
        packages.mkdir(parents=True)
        install(request, packages, say)
        say("leaving out what the cluster has and what no worker needs")
        prune(packages)
        add_this_package(packages, request)
        add_own_code(packages, [path for path in request.own if not is_project(path)])
        launcher.write(root / "bin", python)
        say(f"writing {request.output}")
        write_archive(root, request.output)
        return _measured(request.output, root, packages)


def _check(request: PackRequest, say: Callable[[str], None]) -> None:
    version = sys.version_info[:2]
    if not _SUPPORTED[0] <= version <= _SUPPORTED[1]:
        raise EnvironmentSetupError(
            f"This is Python {version[0]}.{version[1]}; PyFlink runs with 3.10 to 3.12. Run "
            "flink-agents with one of these, and have the same minor version on the workers."
        )
    for path in request.own:
        check_own(path)
    for path in request.requirements:
        _check_requirements(path)
    folder = request.output.absolute().parent
    if not folder.is_dir():
        raise EnvironmentSetupError(f"There is no folder {folder} to write the archive to.")
    named = {path.resolve().name for path in request.own}
    for name in editable_packages():
        if name not in named:
            say(
                f"warning: {name} is installed here from a folder (editable) and is not in the "
                "archive; if the job needs it, give its folder as an argument"
            )


def _check_requirements(path: Path) -> None:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise EnvironmentSetupError(f"{path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        if line.strip().startswith(("-e ", "--editable")):
            raise EnvironmentSetupError(
                f"{path}, line {number}: {line.strip()!r} would leave only a link to a folder of "
                "this machine. Remove the line and give the folder as an argument of pack."
            )


@contextmanager
def _clear_errors(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or output
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            problem = "the disk is full. Make room, or set TMPDIR to a folder on another disk"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            problem = "writing is not permitted. Give another file with -o, or set TMPDIR"
        else:
            problem = error.strerror or str(error)
        raise EnvironmentSetupError(f"The archive was not made: {where}: {problem}.") from error


def _measured(archive: Path, root: Path, packages: Path) -> Packed:
    parts = {
        child.name: sum(file.lstat().st_size for file in _files(child))
        for child in packages.iterdir()
    }
    largest = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return Packed(archive, sum(f.lstat().st_size for f in _files(root)), tuple(largest))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (file for file in path.rglob("*") if file.is_file())


__all__ = ["Packed", "pack"]

"""What an installed environment has that a worker never needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

#: Below site-packages. The cluster has the distribution of Flink; the other parts are large
#: modules that PyFlink and this package never import.
_PLACES = (
    "pyflink/lib",
    "pyflink/opt",
    "pyflink/plugins",
    "pyflink/conf",
    "pyflink/licenses",
    "pyflink/examples",
    "pyflink/log",
    "pyflink/bin/*.jar",
    "apache_beam/examples",
    "bin",
    "pyarrow/*flight*",
    "pyarrow/*substrait*",
    "zstandard/_cffi*",
)
#: Tools that install packages.
_TOOLS = ("pip", "pip-*", "uv", "uv-*", "wheel", "wheel-*")
_FOLDERS = ("__pycache__", "tests")
#: Headers and sources of compiled modules, stubs for type checkers, records of the installer.
_SUFFIXES = (
    *(".pyc", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".hh", ".cuh", ".c", ".cc", ".cpp"),
    *(".a", ".lib", ".exe", ".js.map"),
)
_NAMES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock", "CACHEDIR.TAG")


def prune(packages: Path) -> None:
    """Remove from a folder of installed packages what no worker needs."""
    for place in (*_PLACES, *_TOOLS):
        for found in packages.glob(place):
            _remove(found)
    for found in list(_useless(packages)):
        _remove(found)


def _useless(folder: Path) -> Iterator[Path]:
    for found in folder.iterdir():
        is_folder = found.is_dir() and not found.is_symlink()
        if is_useless(PurePosixPath(found.name), is_folder):
            yield found
        elif is_folder:
            yield from _useless(found)


def is_useless(name: PurePosixPath, is_folder: bool) -> bool:
    """Whether a file or folder of this name is left out wherever it is."""
    if is_folder:
        return name.name in _FOLDERS
    return name.name in _NAMES or name.suffix in _SUFFIXES


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


__all__ = ["is_useless", "prune"]

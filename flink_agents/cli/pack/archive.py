"""Writes a folder as a compressed archive: the same bytes for the same files, all or nothing."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

#: Time of every file. Python's own caches of compiled code cannot hold earlier years than 1970.
_TIME = 946_684_800


def write_archive(root: Path, archive: Path) -> None:
    """Write all below a folder into a ``.tar.gz``.

    Args:
        root: The folder; its name is not in the archive.
        archive: The file. It appears when it is whole; an old one stays until then.

    Raises:
        OSError: If it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{archive.name}.", dir=archive.absolute().parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with (
                gzip.GzipFile("", "wb", 6, file, mtime=0) as compressed,
                tarfile.open(mode="w", fileobj=compressed, format=tarfile.PAX_FORMAT) as tar,
            ):
                for path in sorted(root.rglob("*")):
                    tar.add(path, str(path.relative_to(root)), recursive=False, filter=_plain)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, archive)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = _TIME
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


__all__ = ["write_archive"]

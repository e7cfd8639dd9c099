"""The folder of a durable journal, on this machine's file system or on one of Flink's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlparse
from uuid import uuid4

from flink_agents.exceptions import DurableJournalError, EnvironmentSetupError

#: File systems on which only a sync makes a closed file safe. Object stores have it with the close.
_SYNCED = ("hdfs", "viewfs", "webhdfs")


class JournalFolder(Protocol):
    """The files of a journal, by name.

    Attributes:
        appends: Whether a file may be written to more than once.
        any_thread: Whether every thread may call it, else only the one that opened it.
    """

    appends: bool
    any_thread: bool

    def names(self) -> list[str]:
        """Names of all that is there."""
        ...

    def read(self, name: str) -> bytes:
        """All of a file; nothing if it is gone."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write to the end of a file. When this returns, a crash does not lose it."""
        ...

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        ...


def open_folder(uri: str, thread_mode: bool) -> JournalFolder:
    """Open the folder of a journal, and make it if it is not there.

    Args:
        uri: Absolute path, or URI of a file system that Flink knows.
        thread_mode: Whether Python runs inside of the TaskManager.

    Raises:
        DurableJournalError: If nothing can be written to it.
        EnvironmentSetupError: If its file system cannot be reached from here.
    """
    path = local_path(uri)
    if path is None and not thread_mode:
        raise EnvironmentSetupError(
            f"The durable journal cannot be kept in {uri}: in process mode Python has no access to "
            "Flink's file systems. Mount the folder on every worker and name it by file:///, or "
            "set 'python.execution-mode: thread'."
        )
    try:
        folder = LocalFolder(path) if path is not None else FlinkFolder(uri)
        trial = f"trial-{uuid4().hex}"
        folder.write(trial, b"trial")
        folder.delete(trial)
    except Exception as error:
        raise DurableJournalError(
            f"The durable journal cannot be written to {uri}: {type(error).__name__}: {error}. "
            "Make the folder writable for the TaskManagers, or set another one with the option "
            "'durable-journal'."
        ) from error
    return folder


def local_path(uri: str) -> Path | None:
    """The path of a URI that names this machine's file system, else None."""
    parts = urlparse(uri)
    if parts.scheme not in ("", "file"):
        return None
    return Path(unquote(parts.path) if parts.scheme else uri)


class LocalFolder:
    """A folder of this machine, or one that is mounted on all workers."""

    appends = True
    any_thread = True

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._name = ""
        self._file = -1

    def names(self) -> list[str]:
        return os.listdir(self._path)

    def read(self, name: str) -> bytes:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return b""

    def write(self, name: str, data: bytes) -> None:
        is_new = name != self._name
        if is_new:
            self.close()
            flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
            self._file = os.open(self._path / name, flags, 0o600)
            self._name = name
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]
        _sync_data(self._file)
        if is_new:
            self._sync_names()

    def delete(self, name: str) -> None:
        if name == self._name:
            self.close()
        (self._path / name).unlink(missing_ok=True)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._name = -1, ""

    def _sync_names(self) -> None:
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


# Not every system can leave out the times of a file.
_sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class FlinkFolder:
    """A folder on a file system of Flink's, reached through the Java interpreter of thread mode.

    Java can be called from the operator's thread only: threads that Python has made are unknown to
    it.
    """

    appends = False
    any_thread = False

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")
        self._path = _java("org.apache.flink.core.fs.Path")
        self._new = _java("org.apache.flink.core.fs.FileSystem$WriteMode").NO_OVERWRITE
        self._files = _java("org.apache.flink.core.fs.FileSystem").get(self._at("").toUri())
        self._files.mkdirs(self._at(""))
        self._synced = urlparse(uri).scheme in _SYNCED

    def names(self) -> list[str]:
        return [status.getPath().getName() for status in self._files.listStatus(self._at(""))]

    def read(self, name: str) -> bytes:
        if not self._files.exists(self._at(name)):
            return b""
        file = self._files.open(self._at(name))
        try:
            return file.readAllBytes()
        finally:
            file.close()

    def write(self, name: str, data: bytes) -> None:
        file = self._files.create(self._at(name), self._new)
        try:
            file.write(data)
            if self._synced:
                file.sync()
        finally:
            file.close()

    def has(self, name: str) -> bool:
        """Whether there is a file, at a path in the folder."""
        return self._files.exists(self._at(name))

    def delete(self, name: str) -> None:
        self._files.delete(self._at(name), False)

    def _at(self, name: str) -> Any:
        return self._path(f"{self._uri}/{name}" if name else self._uri)


def _java(name: str) -> Any:
    import pemja

    find_class: Any = getattr(pemja, "findClass")  # noqa: B009 - it has no type
    return find_class(name)

"""The Python workers of process mode: processes that a TaskManager has started."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

_PROGRAM = "pyflink.fn_execution.beam.beam_boot"


def python_workers(task_manager: int) -> list[psutil.Process]:
    """The Python workers of a TaskManager that run just now, oldest first.

    Args:
        task_manager: Its process id.
    """
    return sorted(_workers(task_manager), key=lambda worker: worker.create_time())


def _workers(task_manager: int) -> Iterator[psutil.Process]:
    for child in psutil.Process(task_manager).children(recursive=True):
        try:
            # The script that starts it names it among others, and is no Python.
            if child.cmdline()[1:3] == ["-m", _PROGRAM]:
                yield child
        except psutil.Error:
            continue  # it has just ended


__all__ = ["python_workers"]

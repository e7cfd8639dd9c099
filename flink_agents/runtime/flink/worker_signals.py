"""Signals of a worker that are Java's."""

from __future__ import annotations

import faulthandler
import logging

logger = logging.getLogger(__name__)


def leave_faults_to_java() -> None:
    """Turn off Python's ``faulthandler``; safe to call again. Use it where Python runs in a JVM.

    A JVM finds null pointers, among other things, by reading from where it may not and handling the
    signal SIGSEGV. Python's ``faulthandler`` takes that for a crash and ends the process, which is
    the TaskManager. It is on where ``PYTHONFAULTHANDLER`` is set, as many Dockerfiles do, and some
    libraries turn it on when they are imported. Turned off, it gives the signals back to Java.
    """
    if faulthandler.is_enabled():
        faulthandler.disable()
        logger.warning(
            "Python's faulthandler was on and is turned off: in thread mode it would end the "
            "TaskManager at the next signal that Java makes for its own use. Leave "
            "PYTHONFAULTHANDLER out of the environment of TaskManagers."
        )


__all__ = ["leave_faults_to_java"]

"""Logging on workers: at the level of Flink's own log, and no line for every request."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

#: They write a line at level INFO for each request.
_TALKATIVE = ("httpx", "httpx2")


def configure_logging() -> None:
    """Keep what Flink's log would drop from being made at all; safe to call again.

    In thread mode pemja sets the root logger to DEBUG and passes each record on to Java, where
    most are dropped: the requests of an SDK alone cost a tenth of a model call that way. Levels
    that a program has set for loggers of its own stay as they are. In process mode nothing is
    changed: the worker may be the program itself.
    """
    root = logging.getLogger()
    if not _passes_on_to_java(root):
        return
    if root.level == logging.DEBUG:
        root.setLevel(_flink_level())
    if root.level > logging.DEBUG:
        for name in _TALKATIVE:
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.WARNING)


def _passes_on_to_java(root: logging.Logger) -> bool:
    pemja_logger: Any = sys.modules.get("pemja.logger")
    return pemja_logger is not None and pemja_logger.python_log_handler in root.handlers


def _flink_level() -> int:
    find_class: Any = importlib.import_module("pemja").findClass
    logger = find_class("org.slf4j.LoggerFactory").getLogger("flink_agents")
    if logger.isDebugEnabled():
        return logging.DEBUG
    if logger.isInfoEnabled():
        return logging.INFO
    return logging.WARNING if logger.isWarnEnabled() else logging.ERROR

"""What went wrong, in words for the user of the program."""

from __future__ import annotations

import re
from pathlib import Path

CONNECTOR_MISSING = (
    "Kafka needs Flink's connector: put flink-sql-connector-kafka for Flink 2.x into the lib "
    "folder of Flink, or name it with --jar FILE. scripts/fetch-connectors fetches it."
)

_SHOWN = 600
#: Exceptions that only wrap the one that tells what happened.
_CAUSE = re.compile(r"^(?:Caused by: )?([\w.$]+(?:Error|Exception)\w*: .+)$", re.MULTILINE)
_WRAPPERS = re.compile(
    r"(?:JobExecutionException|JobException|RuntimeException|CompletionException|"
    r"ExecutionException|Py4JJavaError|SerializedThrowable)$"
)


class UserError(Exception):
    """A problem that the user can solve; its text says how."""


def explain(error: Exception, folder: Path) -> str:
    """The heart of an error; the whole of it goes to a file.

    Args:
        error: What the job failed with.
        folder: Where ``error.txt`` is written, if it can be.
    """
    text = f"{type(error).__name__}: {error}"
    if type(error).__name__ in ("Py4JError", "Py4JNetworkError"):
        text = (
            f"Flink's Java process has ended ({error}). If it crashed, it has left a file "
            "hs_err_pid*.log in this folder."
        )
    causes = _CAUSE.findall(text)
    told = [cause for cause in causes if not _WRAPPERS.search(cause.split(":")[0])]
    heart = (told or causes or [text])[-1][:_SHOWN]
    details = folder / "error.txt"
    try:
        details.write_text(text, encoding="utf-8")
    except OSError:
        return heart
    return f"{heart}\nAll of it is in {details}."

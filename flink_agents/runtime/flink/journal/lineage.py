"""Whose files of a durable journal a job may use: those of the jobs that it goes on from.

A file's name tells where it comes from::

    <submission>-<generation>-<subtask>-<random>-<number>.<lineage>.<job id>.v1.journal

The lineage is the submission that began afresh, from which all later ones go on. Where a file names
neither it nor Flink's job id, it is of an earlier release, and its own lineage.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flink_agents.runtime.flink.journal.records import FORMAT

ANY_VERSION = ".journal"
THIS_VERSION = f".{FORMAT}.journal"
#: In the place of Flink's job id, where that cannot be seen.
_NO_JOB = "-"
_SUBMISSION = r"\d{13}-[0-9a-f]{8}"
_NAME = re.compile(
    rf"(?P<submission>{_SUBMISSION})-(?P<generation>\d+)-[^.]*"
    rf"(\.(?P<lineage>{_SUBMISSION})\.(?P<job>[0-9a-f]{{32}}|{_NO_JOB}))?\.[^.]+\.journal"
)
#: Flink's job id in the path of a checkpoint, or the begin of it in that of a savepoint.
_JOB_IN_PATH = re.compile(r"/([0-9a-f]{32})/chk-\d+/?$|/savepoint-([0-9a-f]{6})-[^/]*/?$")


@dataclass(frozen=True)
class JournalFile:
    """What the name of a file tells.

    Attributes:
        name: The name.
        submission: Identity of the job that wrote it.
        generation: Number of the attempt among those of that job.
        lineage: The submission that the job goes on from in the end; its own if it began afresh.
        job: Flink's id of the job, or empty.
    """

    name: str
    submission: str
    generation: int
    lineage: str
    job: str


@dataclass(frozen=True)
class Origin:
    """Where a job comes from.

    Attributes:
        submission: Identity of the job, made when it is built; it stays over all its restarts, and
            sorts by time.
        restored_from: Path of the savepoint or checkpoint that it begins with, or None.
        job: Flink's id of the job, or empty if that cannot be seen.
        goes_on: Whether Flink finds the last checkpoint of a job by its id: high availability.
            Then a job that was built anew goes on, too.
    """

    submission: str
    restored_from: str | None
    job: str
    goes_on: bool


def own_part(lineage: str, job: str) -> str:
    """The part of a name that tells the lineage."""
    return f".{lineage}.{job or _NO_JOB}"


def read_names(names: Iterable[str]) -> list[JournalFile]:
    """The files of a journal among all that is in a folder, oldest first."""
    found: list[JournalFile] = []
    for name in sorted(names):
        if match := _NAME.fullmatch(name):
            submission, lineage = match["submission"], match["lineage"] or match["submission"]
            job = "" if match["job"] in (None, _NO_JOB) else match["job"]
            found.append(JournalFile(name, submission, int(match["generation"]), lineage, job))
    return found


def trace(files: Collection[JournalFile], origin: Origin) -> tuple[str, list[JournalFile]]:
    """Find the files that a job may use.

    Args:
        files: All files, oldest first.
        origin: Where the job comes from.

    Returns:
        The job's lineage, and the files that may be used, oldest first.
    """
    near = _nearest(files, origin)
    if not near:
        return origin.submission, []
    lineages = {file.lineage for file in near}
    return near[-1].lineage, [file for file in files if file.lineage in lineages]


def _nearest(files: Collection[JournalFile], origin: Origin) -> list[JournalFile]:
    """Those of the job itself, or else those of the job that it goes on from, if it does."""
    if own := [file for file in files if file.submission == origin.submission]:
        return own
    earlier = [file for file in files if file.submission < origin.submission]
    same = [file for file in earlier if origin.goes_on and file.job and file.job == origin.job]
    if origin.restored_from is None:
        return same
    match = _JOB_IN_PATH.search(origin.restored_from)
    begin = (match[1] or match[2]) if match else _NO_JOB
    named = [file for file in earlier if file.job.startswith(begin)]
    return named or same or earlier[-1:]

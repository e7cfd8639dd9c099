"""What a subtask can see of its job: which part of it it is, and where the checkpoints are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flink_agents.runtime.flink.journal.folder import FlinkFolder, local_path
from flink_agents.runtime.flink.journal.pruning import complete_checkpoints


@dataclass(frozen=True)
class SeenJob:
    """What can be seen of a job.

    Attributes:
        checkpoints: Gives the numbers of those that are complete and not deleted yet; None if that
            cannot be seen from here.
        concurrent: How many may be under way at once.
        id: Flink's id of the job, or empty if that cannot be seen.
        goes_on: Whether Flink finds the last checkpoint by the id, when the job is started again.
    """

    checkpoints: Callable[[], list[int]] | None
    concurrent: int
    id: str = ""
    goes_on: bool = False


@dataclass(frozen=True)
class Subtask:
    """A subtask.

    Attributes:
        number: Its number, from 0.
        thread_mode: Whether Python runs inside of the TaskManager.
        graph: Identity of the execution graph that it belongs to, or empty if that cannot be seen.
            The adaptive scheduler makes a new one for each attempt of the job.
    """

    number: int
    thread_mode: bool
    graph: str = ""

    def follows(self, other: Subtask) -> bool:
        """Whether a subtask that opens now is of a later attempt of the job than an open one.

        Flink's numbers of attempts do not tell: the adaptive scheduler counts for each subtask, so
        that those of one attempt of the job differ.
        """
        is_anew = bool(self.graph and other.graph) and self.graph != other.graph
        return is_anew or self.number == other.number


def this_subtask(context: Any) -> Subtask:
    """The subtask of an operator's context."""
    java = _java_context(context)
    if java is None:
        return Subtask(context.get_index_of_this_subtask(), False)
    # The methods of PyFlink 2.3 call Java methods that Flink 2 does not have any more.
    number = java.getTaskInfo().getIndexOfThisSubtask()
    # It is <graph>_<vertex>_<subtask>_<attempt>.
    execution = java.getMetricGroup().getAllVariables().get("<task_attempt_id>")
    graph = str(execution or "").partition("_")[0]
    return Subtask(number, True, graph)


def see_job(context: Any) -> SeenJob:
    """The job of an operator.

    PyFlink does not tell its functions which job they belong to, nor when a checkpoint is complete.
    In thread mode Java's context knows the job and its folder of checkpoints, and a checkpoint is
    complete when its metadata are there.

    Args:
        context: The operator's, in ``open()``.
    """
    java = _java_context(context)
    if java is None:
        return SeenJob(None, 1)
    options: dict[str, str] = {
        **java.getTaskManagerRuntimeInfo().getConfiguration().toMap(),
        **java.getJobConfiguration().toMap(),
    }
    concurrent = int(options.get("execution.checkpointing.max-concurrent-checkpoints", 1))
    job = str(java.getJobInfo().getJobId().toString())
    uri = _checkpoint_folder(options, job)
    services = options.get("high-availability.type") or options.get("high-availability")
    return SeenJob(
        _looking_into(uri) if uri is not None else None,
        concurrent,
        job,
        (services or "NONE").upper() != "NONE",
    )


def _java_context(context: Any) -> Any:
    """Java's context in thread mode, else None."""
    return getattr(context, "_runtime_context", None)


def _checkpoint_folder(options: Mapping[str, str], job: str) -> str | None:
    root = options.get("execution.checkpointing.dir") or options.get("state.checkpoints.dir")
    if not root or options.get("execution.checkpointing.storage") == "jobmanager":
        return None
    own = options.get("execution.checkpointing.create-subdir", "true").lower() == "true"
    return f"{root.rstrip('/')}/{job}" if own else root


def _looking_into(uri: str) -> Callable[[], list[int]]:
    path = local_path(uri)
    if path is None:
        folder = FlinkFolder(uri)
        return lambda: complete_checkpoints(folder.names(), folder.has)

    def look() -> list[int]:
        names = os.listdir(path) if path.is_dir() else []
        return complete_checkpoints(names, lambda name: (path / name).exists())

    return look

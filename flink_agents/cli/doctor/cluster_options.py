"""What the cluster's options mean for agents.

The JobManager tells only options that are set, so what is not there has Flink's default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flink_agents.cli.doctor.check import Check, ok, warning
from flink_agents.cli.doctor.rest import TaskManager

#: Memory outside of the heap that a Python interpreter with an agent takes, in bytes.
_PYTHON_MEMORY = 400_000_000
_LOCAL_SCHEMES = ("file:", "/")


def python(options: Mapping[str, str]) -> Iterator[Check]:
    """Which Python workers run, as jobs see it that are submitted with this configuration."""
    executable = options.get("python.executable")
    yield ok("python.executable", executable or "not set: jobs name it with -pyexec PATH")
    mode = options.get("python.execution-mode", "thread")
    told = "" if "python.execution-mode" in options else ", which agents set by themselves"
    slower = "; thread mode is faster" if mode == "process" else ""
    yield ok("python.execution-mode", f"{mode}{told}{slower}")
    if options.get("python.pythonpath"):
        yield ok("python.pythonpath", options["python.pythonpath"])


def checkpoints(options: Mapping[str, str]) -> Iterator[Check]:
    """Where checkpoints go, and how often."""
    folder = options.get("execution.checkpointing.dir") or options.get("state.checkpoints.dir")
    in_heap = options.get("execution.checkpointing.storage") == "jobmanager"
    if folder is None or in_heap:
        yield warning(
            "checkpoints",
            "are kept in the JobManager's heap: they end with it, and may be 5 MB a state at most",
            "Set execution.checkpointing.dir: s3://BUCKET/checkpoints, or a file:/// folder that "
            "all Flink processes share",
        )
    elif folder.startswith(_LOCAL_SCHEMES):
        yield ok("checkpoints", f"{folder}, which all Flink processes must share")
    else:
        yield ok("checkpoints", folder)
    interval = options.get("execution.checkpointing.interval")
    if interval:
        yield ok("checkpoint interval", interval)
    else:
        yield warning(
            "checkpoint interval",
            "is not set: a job that sets none itself starts anew after a failure",
            "Set execution.checkpointing.interval: 10s, there or by flink run -D",
        )


def state_backend(options: Mapping[str, str]) -> Check:
    """Where state lives between checkpoints."""
    backend = options.get("state.backend.type") or options.get("state.backend")
    if backend:
        return ok("state backend", backend)
    return ok("state backend", "hashmap (default), in the heap; rocksdb for more than fits there")


def restart_strategy(options: Mapping[str, str]) -> Check:
    """What happens when a job fails."""
    kind = options.get("restart-strategy.type") or options.get("restart-strategy")
    if kind in ("none", "off", "disable"):
        return warning(
            "restart strategy",
            f"{kind}: a job ends with its first failure",
            "Set restart-strategy.type: exponential-delay",
        )
    return ok("restart strategy", kind or "exponential-delay (default, with checkpoints)")


def high_availability(options: Mapping[str, str]) -> Check:
    """Whether jobs outlive their JobManager."""
    kind = options.get("high-availability.type") or options.get("high-availability")
    if kind and kind.lower() != "none":
        return ok("high availability", kind)
    return ok("high availability", "none: jobs end with the JobManager (high-availability.type)")


def slots(options: Mapping[str, str], managers: Sequence[TaskManager]) -> Check | None:
    """How many subtasks share an interpreter."""
    most = max((each.slots for each in managers), default=0)
    if options.get("python.execution-mode") == "process" or not most:
        return None
    if most == 1:
        return ok("slots", "one for each TaskManager: no two subtasks share an interpreter's lock")
    return warning(
        "slots",
        f"up to {most} for a TaskManager: in thread mode its subtasks share one interpreter's lock",
        "To use more cores, set taskmanager.numberOfTaskSlots: 1 and start more TaskManagers",
    )


def memory(managers: Sequence[TaskManager]) -> Check | None:
    """Whether TaskManagers have room for Python beside the heap."""
    if not managers:
        return None
    least = min(each.outside_heap for each in managers)
    found = f"{least / 1e6:.0f} MB of a TaskManager are for Python and other native memory"
    if least >= _PYTHON_MEMORY:
        return ok("memory", found)
    return warning(
        "memory",
        f"{found}: a container of exactly its process size may be killed",
        "Set taskmanager.memory.task.off-heap.size: 512m (and raise .process.size by as much)",
    )

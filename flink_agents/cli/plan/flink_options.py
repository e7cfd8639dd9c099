"""The Flink options that follow from a plan."""

from __future__ import annotations

from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.cli.plan.memory import NETWORK
from flink_agents.cli.plan.result import Plan
from flink_agents.cli.plan.workload import Workload

_MIB = 2**20


def flink_options(workload: Workload, plan: Plan) -> dict[str, str]:
    """Options for the configuration of the cluster or the job, by key."""
    memory, cluster = plan.memory, plan.cluster
    options = {
        "parallelism.default": str(cluster.subtasks),
        "pipeline.max-parallelism": str(cluster.max_parallelism),
        "taskmanager.numberOfTaskSlots": str(workload.slots),
        "taskmanager.memory.process.size": _mib(memory.process),
        # Python's memory is native: Flink leaves room for it, and does not see it.
        "taskmanager.memory.task.off-heap.size": _mib(memory.off_heap),
        "taskmanager.memory.managed.size": _mib(memory.managed),
        "taskmanager.memory.network.min": _mib(NETWORK),
        "taskmanager.memory.network.max": _mib(NETWORK),
        "jobmanager.memory.process.size": _mib(memory.job_manager),
        "state.backend.type": plan.state.backend,
        "execution.checkpointing.interval": f"{round(workload.checkpoint_interval * 1000)} ms",
        "python.execution-mode": "thread",
        AgentExecutionOptions.MAX_IN_FLIGHT.get_key(): str(workload.max_in_flight),
    }
    if plan.state.backend == "rocksdb":
        options["execution.checkpointing.incremental"] = "true"
    return options


def as_yaml(options: dict[str, str]) -> str:
    """The options as lines of ``config.yaml``."""
    return "\n".join(f"{key}: {value}" for key, value in options.items())


def _mib(size: float) -> str:
    return f"{round(size / _MIB)}m"

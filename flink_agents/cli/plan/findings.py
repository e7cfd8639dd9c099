"""What does not work, and what to look at."""

from __future__ import annotations

from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.cli.plan.result import Calls, Cluster, Cpu, Keys, ModelServer, State
from flink_agents.cli.plan.workload import Workload

#: Beyond it queues grow long: a queue's length goes with 1 / (1 - utilisation).
MOST_UTILISATION = 0.7
_MOST_SUBTASKS = 32768


def problems(
    workload: Workload, calls: Calls, cpu: Cpu, cluster: Cluster, keys: Keys, server: ModelServer
) -> tuple[str, ...]:
    """Why it cannot work as asked for; empty if it can."""
    found: list[str] = []
    if keys.utilisation is not None and keys.utilisation >= 1:
        most = workload.keys / calls.run_time if workload.keys else 0.0
        found.append(
            f"{workload.keys:,} keys take at most {most:,.4g} events/s: a key has one run at a "
            f"time, of {calls.run_time:g} s. Use a key with at least {keys.needed:,} values."
        )
    if server.rate_limit is not None and server.rate_limit < workload.rate:
        found.append(
            f"The limits of the model server allow {server.rate_limit:,.4g} events/s of "
            f"{workload.rate:,.6g}. Raise them, use a second server (fallback), or ask for less."
        )
    if calls.utilisation >= 1:
        found.append(
            f"{cluster.subtasks:,} subtasks with {workload.max_in_flight:,} calls each are fewer "
            f"than {calls.in_flight:,.6g} calls in flight. Use {cluster.for_calls:,} TaskManagers."
        )
    if cpu.utilisation >= 1:
        found.append(
            f"{cluster.task_managers:,} TaskManagers have less CPU than {cpu.cores:,.4g} cores: "
            f"one Python interpreter each. Use {cluster.for_cpu:,} TaskManagers."
        )
    if cluster.subtasks > _MOST_SUBTASKS:
        found.append(
            f"{cluster.subtasks:,} subtasks are more than the {_MOST_SUBTASKS:,} that Flink "
            "allows. Split the stream into several jobs."
        )
    return tuple(found)


def warnings(
    workload: Workload, calls: Calls, cpu: Cpu, keys: Keys, state: State, server: ModelServer
) -> tuple[str, ...]:
    """What to look at."""
    found: list[str] = []
    limits = server.rate_limit
    for what, share in (
        ("Calls in flight are", calls.utilisation),
        ("CPU is", cpu.utilisation),
        ("Keys are", keys.utilisation or 0.0),
        ("The limits of the model server are", workload.rate / limits if limits else 0.0),
    ):
        if MOST_UTILISATION < round(share, 9) < 1:
            found.append(
                f"{what} at {share:.0%} of what there is: above {MOST_UTILISATION:.0%} a short "
                "burst leads to long waits."
            )
    if workload.keys is None and calls.runs > 1:
        found.append(
            f"Without --keys it is not checked whether there are enough: {keys.needed:,} are "
            "needed, and no single key may have more than "
            f"{keys.rate_per_key:,.3g} events/s."
        )
    if workload.slots > 1:
        found.append(
            f"The {workload.slots} slots of a TaskManager share one Python interpreter and its "
            "lock: in thread mode they add calls in flight, but no CPU."
        )
    timeout = AgentExecutionOptions.CALL_TIMEOUT
    if workload.latency >= timeout.get_default_value():
        found.append(
            f"A call of {workload.latency:g} s ends with an error unless {timeout.get_key()} is "
            f"raised: it is {timeout.get_default_value():g} s by default."
        )
    if state.backend == "rocksdb":
        found.append(
            "The state is large for the Java heap: RocksDB is proposed. Reads and writes of memory "
            "then cost more CPU than was measured."
        )
    return tuple(found)

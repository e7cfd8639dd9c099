"""The arithmetic: from a workload to a plan. Pure, so that every number can be checked by hand."""

from __future__ import annotations

import math

from flink_agents.cli.plan import measured
from flink_agents.cli.plan.findings import problems, warnings
from flink_agents.cli.plan.memory import memory_of
from flink_agents.cli.plan.result import Calls, Cluster, Cpu, Keys, ModelServer, Plan
from flink_agents.cli.plan.state import state_of
from flink_agents.cli.plan.workload import Workload

#: Flink's own bounds of ``pipeline.max-parallelism``.
LEAST_KEY_GROUPS, MOST_KEY_GROUPS = 128, 32768
#: Key groups for each subtask: room to grow eightfold, and at most 13 % of imbalance.
_KEY_GROUPS_PER_SUBTASK = 8


def plan(workload: Workload) -> Plan:
    """Size a cluster.

    Args:
        workload: What it is for.

    Returns:
        The plan; ``problems`` says whether it can work.
    """
    free = 1 - workload.headroom
    run_time = workload.latency * workload.calls_per_event
    runs = workload.rate * run_time
    per_event = _cpu_per_event(workload)
    cores = workload.rate * per_event

    for_calls = _ceil(runs / (workload.max_in_flight * workload.slots * free))
    for_cpu = _ceil(cores / (measured.CORES_PER_TASK_MANAGER * free))
    task_managers = workload.task_managers or max(for_calls, for_cpu)
    subtasks = task_managers * workload.slots
    groups = _key_groups(subtasks)

    calls = Calls(
        run_time=run_time,
        runs=runs,
        # The calls of a run are made one after another: a run has one call open.
        in_flight=runs,
        per_subtask=runs / subtasks,
        utilisation=runs / (subtasks * workload.max_in_flight),
    )
    cpu = Cpu(per_event, cores, cores / (task_managers * measured.CORES_PER_TASK_MANAGER))
    cluster = Cluster(
        for_calls=for_calls,
        for_cpu=for_cpu,
        task_managers=task_managers,
        subtasks=subtasks,
        max_parallelism=groups,
        key_group_imbalance=math.ceil(groups / subtasks) * subtasks / groups - 1,
    )
    keys = _keys(workload, runs, run_time)
    state = state_of(workload, cluster, runs, workload.keys or keys.needed)
    memory = memory_of(state, cluster, calls.per_subtask * workload.slots)
    server = _model_server(workload, runs)
    return Plan(
        calls,
        cpu,
        cluster,
        keys,
        state,
        memory,
        server,
        problems(workload, calls, cpu, cluster, keys, server),
        warnings(workload, calls, cpu, keys, state, server),
    )


def _cpu_per_event(workload: Workload) -> float:
    if workload.cpu_per_event is not None:
        return workload.cpu_per_event
    memory = measured.CPU_PER_MEMORY_ACCESS if workload.memory_per_key else 0.0
    calls = workload.calls_per_event * measured.CPU_PER_CALL
    return measured.CPU_PER_EVENT + memory + calls + workload.cpu_of_actions


def _keys(workload: Workload, runs: float, run_time: float) -> Keys:
    needed = _ceil(runs / (1 - workload.headroom))
    rate_per_key = 1 / run_time if run_time else math.inf
    if workload.keys is None:
        return Keys(rate_per_key, needed, None, None)
    busy = runs / workload.keys
    # Random arrivals at a key whose runs take equally long each (M/D/1).
    wait = run_time * busy / (2 * (1 - busy)) if busy < 1 else math.inf
    return Keys(rate_per_key, needed, busy, wait)


def _model_server(workload: Workload, in_flight: float) -> ModelServer:
    requests = workload.rate * workload.calls_per_event * 60
    sizes = workload.record_size + workload.answer_size
    tokens = workload.tokens_per_call or sizes / measured.BYTES_PER_TOKEN
    limits: list[float] = []
    if calls := workload.calls_per_event:
        if workload.requests_per_minute is not None:
            limits.append(workload.requests_per_minute / 60 / calls)
        if workload.tokens_per_minute is not None and tokens:
            limits.append(workload.tokens_per_minute / 60 / calls / tokens)
    replicas = None
    if workload.server_slots is not None:
        replicas = _ceil(in_flight / (workload.server_slots * (1 - workload.headroom)))
    return ModelServer(
        requests, tokens, requests * tokens, min(limits) if limits else None, replicas
    )


def _key_groups(subtasks: int) -> int:
    wanted = 2 ** math.ceil(math.log2(subtasks * _KEY_GROUPS_PER_SUBTASK))
    return min(max(wanted, LEAST_KEY_GROUPS), MOST_KEY_GROUPS)


def _ceil(number: float) -> int:
    # 1.4 / 0.7 is 2.0000000000000004, which is two and not three.
    return max(1, math.ceil(round(number, 9)))

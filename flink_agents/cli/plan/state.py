"""The arithmetic of state and checkpoints."""

from __future__ import annotations

from flink_agents.cli.plan import measured
from flink_agents.cli.plan.result import Cluster, State
from flink_agents.cli.plan.workload import Workload

#: Elements that a subtask sets aside while no call ends, before its input waits.
WAITING = 10_000
#: Java heap for state in a TaskManager beyond which RocksDB is proposed, in bytes.
MOST_HEAP_STATE = 2 * 2**30
#: During a checkpoint the heap state backend keeps what changes a second time.
_COPY_ON_WRITE = 2.0


def state_of(workload: Workload, cluster: Cluster, runs: float, keys: int) -> State:
    """State, checkpoints and state backend.

    Args:
        workload: The workload.
        cluster: Its cluster.
        runs: Runs that are open at the same time.
        keys: Keys with memory.
    """
    # The journal of a run holds the answers that it has, all but the last one.
    journal = max(workload.calls_per_event - 1, 0.0) * workload.answer_size
    per_run = (
        measured.CHECKPOINT_PER_RUN
        + measured.CHECKPOINT_PER_RUN_BYTE * workload.record_size
        + journal
    )
    open_work = runs * per_run
    waiting = cluster.subtasks * WAITING * workload.record_size
    remembers = workload.memory_per_key > 0
    per_key = measured.CHECKPOINT_PER_KEY
    per_key += measured.CHECKPOINT_PER_KEY_BYTE * workload.memory_per_key
    memory = keys * per_key if remembers else 0.0
    checkpoint = open_work + memory

    heap_per_run = (
        measured.HEAP_PER_RUN + measured.HEAP_PER_RUN_BYTE * workload.record_size + journal
    )
    heap_per_key = measured.HEAP_PER_KEY + measured.HEAP_PER_KEY_BYTE * workload.memory_per_key
    live = runs * heap_per_run + (keys * heap_per_key if remembers else 0.0)
    heap = live / cluster.task_managers * _COPY_ON_WRITE
    return State(
        keys=keys,
        open_work=open_work,
        waiting=float(waiting),
        memory=memory,
        checkpoint=checkpoint,
        worst_checkpoint=checkpoint + waiting,
        bandwidth=checkpoint / workload.checkpoint_interval,
        # A file of keyed state for each subtask, and the metadata.
        files=cluster.subtasks + 1,
        heap=heap,
        backend="hashmap" if heap <= MOST_HEAP_STATE else "rocksdb",
    )

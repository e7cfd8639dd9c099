"""The arithmetic of the memory of TaskManagers and of the JobManager."""

from __future__ import annotations

import math

from flink_agents.cli.plan import measured
from flink_agents.cli.plan.result import Cluster, Memory, State

_MIB = 2**20
#: Flink's defaults: framework heap, framework off-heap and metaspace.
_FRAMEWORK_HEAP, _FRAMEWORK_OFF_HEAP, _METASPACE = 128 * _MIB, 128 * _MIB, 256 * _MIB
#: Network buffers. One agent operator and its neighbours need little: a few megabytes.
NETWORK = 64 * _MIB
#: Managed memory for RocksDB's caches; the heap state backend and thread mode need none.
_ROCKSDB_MANAGED = 512 * _MIB
#: Flink's default: a tenth of the process, within these bounds.
_OVERHEAD_SHARE, _LEAST_OVERHEAD, _MOST_OVERHEAD = 0.1, 192 * _MIB, 1024 * _MIB
_STEP = 64 * _MIB


def memory_of(state: State, cluster: Cluster, calls: float) -> Memory:
    """Memory of the processes.

    Args:
        state: State of the job.
        cluster: The cluster.
        calls: Calls that a TaskManager has open.
    """
    off_heap = _rounded(measured.BASE_MEMORY + measured.MEMORY_PER_CALL * calls)
    rocksdb = state.backend == "rocksdb"
    managed = _ROCKSDB_MANAGED if rocksdb else 0
    task_heap = _rounded(measured.TASK_HEAP + (0 if rocksdb else state.heap))
    flink = _FRAMEWORK_HEAP + _FRAMEWORK_OFF_HEAP + task_heap + off_heap + managed + NETWORK
    process = _with_overhead(flink + _METASPACE)
    heap = measured.JOB_MANAGER_HEAP
    heap += cluster.task_managers * measured.JOB_MANAGER_HEAP_PER_TASK_MANAGER
    job_manager = _with_overhead(heap + _FRAMEWORK_OFF_HEAP + _METASPACE)
    return Memory(
        off_heap=off_heap,
        heap=_FRAMEWORK_HEAP + task_heap,
        managed=managed,
        process=process,
        job_manager=job_manager,
        total=process * cluster.task_managers + job_manager,
    )


def _with_overhead(size: float) -> float:
    """The process around it: Flink takes the share from the whole."""
    share = size * _OVERHEAD_SHARE / (1 - _OVERHEAD_SHARE)
    return _rounded(size + min(max(share, _LEAST_OVERHEAD), _MOST_OVERHEAD))


def _rounded(size: float) -> float:
    return math.ceil(size / _STEP) * _STEP

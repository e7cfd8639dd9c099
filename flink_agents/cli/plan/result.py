"""What a plan says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Calls:
    """Calls and runs that are open at the same time.

    Attributes:
        run_time: Seconds of a run, from its element to its last answer.
        runs: Runs that are open at the same time, by Little's law.
        in_flight: Calls that are open at the same time.
        per_subtask: Calls that a subtask has open.
        utilisation: Share of ``max-in-flight``.
    """

    run_time: float
    runs: float
    in_flight: float
    per_subtask: float
    utilisation: float


@dataclass(frozen=True)
class Cpu:
    """CPU.

    Attributes:
        per_event: Seconds of CPU of an event.
        cores: Seconds of CPU in a second, of all events.
        utilisation: Share of what the TaskManagers have.
    """

    per_event: float
    cores: float
    utilisation: float


@dataclass(frozen=True)
class Cluster:
    """Processes.

    Attributes:
        for_calls: TaskManagers needed for the calls in flight.
        for_cpu: TaskManagers needed for the CPU.
        task_managers: TaskManagers of the plan.
        subtasks: The parallelism.
        max_parallelism: Key groups: the most subtasks that the job can ever have.
        key_group_imbalance: By how much a subtask with one key group more exceeds the mean.
    """

    for_calls: int
    for_cpu: int
    task_managers: int
    subtasks: int
    max_parallelism: int
    key_group_imbalance: float


@dataclass(frozen=True)
class State:
    """State of all subtasks together, in bytes.

    Attributes:
        keys: Keys that are counted.
        open_work: Open runs with their journals.
        waiting: Elements that are set aside when the model server stands still, at most.
        memory: Memory of all keys.
        checkpoint: Size of a checkpoint in normal times.
        worst_checkpoint: The same with all elements set aside.
        bandwidth: Bytes per second, of all checkpoints.
        files: Files of a checkpoint, about.
        heap: Java heap that the state takes in a TaskManager.
        backend: ``hashmap`` or ``rocksdb``.
    """

    keys: int
    open_work: float
    waiting: float
    memory: float
    checkpoint: float
    worst_checkpoint: float
    bandwidth: float
    files: int
    heap: float
    backend: str


@dataclass(frozen=True)
class Memory:
    """Memory of the processes, in bytes.

    Attributes:
        off_heap: Python and clients in a TaskManager, outside of Flink's budgets.
        heap: Java heap of a TaskManager.
        managed: Managed memory of a TaskManager.
        process: A whole TaskManager.
        job_manager: A whole JobManager.
        total: All of them.
    """

    off_heap: float
    heap: float
    managed: float
    process: float
    job_manager: float
    total: float


@dataclass(frozen=True)
class Keys:
    """What one run per key at a time means.

    Attributes:
        rate_per_key: The most events per second that one key can take.
        needed: Keys that the rate needs, with headroom.
        utilisation: Share of the time that a key is busy; None if the number is not known.
        wait: Mean seconds that an event waits for its key; infinite if the keys are too few.
    """

    rate_per_key: float
    needed: int
    utilisation: float | None
    wait: float | None


@dataclass(frozen=True)
class ModelServer:
    """What the model server has to bear.

    Attributes:
        requests_per_minute: Requests.
        tokens_per_call: Tokens of question and answer.
        tokens_per_minute: Tokens.
        rate_limit: Events per second that its limits allow; None if there are none.
        replicas: Replicas with the given slots; None if it is somebody else's server.
    """

    requests_per_minute: float
    tokens_per_call: float
    tokens_per_minute: float
    rate_limit: float | None
    replicas: int | None


@dataclass(frozen=True)
class Plan:
    """All of it.

    Attributes:
        problems: Why it cannot work as asked for.
        warnings: What to look at.
    """

    calls: Calls
    cpu: Cpu
    cluster: Cluster
    keys: Keys
    state: State
    memory: Memory
    model_server: ModelServer
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

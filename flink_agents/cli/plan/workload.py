"""What is to be planned."""

from __future__ import annotations

from dataclasses import dataclass

from flink_agents.api.core_options import AgentExecutionOptions


@dataclass(frozen=True)
class Workload:
    """A stream of events, the agent that handles them, and the model server behind it.

    Attributes:
        rate: Events per second, above 0.
        latency: Seconds that a model call takes, above 0.
        calls_per_event: Model calls that an event leads to, one after another, at least 0.
        record_size: Bytes of an event, as JSON.
        answer_size: Bytes of an answer of the model.
        keys: Different keys that are active; None: as many as it takes.
        memory_per_key: Bytes of short-term memory of a key.
        max_in_flight: The option ``max-in-flight``, at least 1.
        slots: Slots of a TaskManager, at least 1.
        task_managers: TaskManagers that there are; None: as many as it takes.
        checkpoint_interval: Seconds between two checkpoints, above 0.
        cpu_per_event: Seconds of CPU of an event, all included; None: as measured.
        cpu_of_actions: Seconds of CPU of the user's own code, for each event.
        requests_per_minute: Limit of the model server; None: no limit.
        tokens_per_minute: Limit of the model server; None: no limit.
        tokens_per_call: Tokens of question and answer; None: from their sizes.
        server_slots: Requests that a replica of the model server works on side by side; None: it
            is somebody else's server.
        headroom: Share of every capacity that stays free, 0 to below 1.
    """

    rate: float
    latency: float
    calls_per_event: float = 1.0
    record_size: int = 1024
    answer_size: int = 1024
    keys: int | None = None
    memory_per_key: int = 2048
    max_in_flight: int = AgentExecutionOptions.MAX_IN_FLIGHT.get_default_value()
    slots: int = 1
    task_managers: int | None = None
    checkpoint_interval: float = 30.0
    cpu_per_event: float | None = None
    cpu_of_actions: float = 0.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    tokens_per_call: float | None = None
    server_slots: int | None = None
    headroom: float = 0.3

"""The options of the library itself."""

from __future__ import annotations

from enum import Enum

from flink_agents.api.configuration import ConfigOption
from flink_agents.api.duration import Seconds


class ErrorHandlingStrategy(str, Enum):
    """What becomes of a run in which an action or a call fails."""

    #: The job fails, naming action, key and event.
    FAIL = "fail"
    #: The action or call is tried again after a wait; when the retries are used up, the job fails.
    RETRY = "retry"
    #: The failure is counted and logged, and the run goes on.
    IGNORE = "ignore"
    #: The input element goes to a side output.
    DEAD_LETTER = "dead-letter"


class AgentConfigOptions:
    """Options of a job."""

    #: Name of the job in logs and stores outside of it. Default: none.
    JOB_IDENTIFIER = ConfigOption("job-identifier", str)
    #: What becomes of a run that fails.
    ERROR_HANDLING_STRATEGY = ConfigOption(
        "error-handling-strategy", ErrorHandlingStrategy, ErrorHandlingStrategy.FAIL
    )
    #: How often a failed action or call is tried again, at least 0; with the strategy ``retry``.
    MAX_RETRIES = ConfigOption("max-retries", int, 3)
    #: Seconds before the first retry; twice as long before each further one.
    RETRY_WAIT_INTERVAL = ConfigOption("retry-wait-interval", Seconds, Seconds(1.0))
    #: Seconds that the wait before a retry does not exceed.
    RETRY_MAX_WAIT = ConfigOption("retry-max-wait", Seconds, Seconds(60.0))


class AgentExecutionOptions:
    """Options of how a job is carried out."""

    #: Whether the call of a model lets other keys go on meanwhile.
    CHAT_ASYNC = ConfigOption("chat.async", bool, True)
    #: Whether the call of a tool lets other keys go on meanwhile.
    TOOL_CALL_ASYNC = ConfigOption("tool-call.async", bool, True)
    #: Threads for blocking calls, of each subtask, at least 1. A thread that waits for a server
    #: costs little, and with fewer threads calls queue up behind it.
    NUM_ASYNC_THREADS = ConfigOption("num-async-threads", int, 64)
    #: Calls that each subtask may have open at once, at least 1; beyond that the input waits.
    MAX_IN_FLIGHT = ConfigOption("max-in-flight", int, 1000)
    #: Seconds that an input element waits at that limit before it is set aside in the state of its
    #: key. Bounds how long the operator holds up a checkpoint.
    BACK_PRESSURE_WAIT = ConfigOption("back-pressure-wait", Seconds, Seconds(0.5))
    #: Whether outputs carry the timestamp of their input and come before the watermark that
    #: passes it, for windows behind the agent.
    EVENT_TIME = ConfigOption("event-time", bool, False)
    #: Rounds in which a model may ask for tools before its request fails, at least 1.
    MAX_TOOL_ROUNDS = ConfigOption("max-tool-rounds", int, 16)
    #: Seconds that the call of a model or a tool may take.
    CALL_TIMEOUT = ConfigOption("call-timeout", Seconds, Seconds(600.0))
    #: Seconds after a restore until a key with open work is resumed. For work that had been open
    #: longer it may take as long as that, up to 16 times as much.
    LEASE_INTERVAL = ConfigOption("lease-interval", Seconds, Seconds(2.0))
    #: Folder of the durable journal, which keeps finished calls beside the checkpoints: then also a
    #: crash between two checkpoints repeats none of them. An absolute path or a URI that all
    #: TaskManagers can reach; of one job only. Default: none, the journal is off.
    DURABLE_JOURNAL = ConfigOption("durable-journal", str)
    #: Seconds to keep what earlier attempts of the job have written to the durable journal: the
    #: time that the source may take to come again to where it was before a failure. Where
    #: checkpoints cannot be seen (process mode, or checkpoints without a folder) everything is kept
    #: so long; it must then be longer than the time between two complete checkpoints. At least
    #: 60 s.
    DURABLE_JOURNAL_KEEP = ConfigOption("durable-journal.keep", Seconds, Seconds(3600.0))
    #: Seconds between two looks for finished calls.
    PUMP_INTERVAL = ConfigOption("pump-interval", Seconds, Seconds(0.002))


__all__ = ["AgentConfigOptions", "AgentExecutionOptions", "ErrorHandlingStrategy"]

package org.apache.flink.agents.api.agents;

import java.time.Duration;
import org.apache.flink.agents.api.configuration.ConfigOption;

/** Options of how a job is carried out. */
public final class AgentExecutionOptions {
    /** Whether the call of a model lets other keys go on meanwhile. Default true. */
    public static final ConfigOption<Boolean> CHAT_ASYNC =
            new ConfigOption<>("chat.async", Boolean.class, true);

    /** Whether the call of a tool lets other keys go on meanwhile. Default true. */
    public static final ConfigOption<Boolean> TOOL_CALL_ASYNC =
            new ConfigOption<>("tool-call.async", Boolean.class, true);

    /** Threads for blocking calls, of each subtask, at least 1. Default 64. */
    public static final ConfigOption<Integer> NUM_ASYNC_THREADS =
            new ConfigOption<>("num-async-threads", Integer.class, 64);

    /** Calls that each subtask may have open at once, at least 1; beyond that the input waits. */
    public static final ConfigOption<Integer> MAX_IN_FLIGHT =
            new ConfigOption<>("max-in-flight", Integer.class, 1000);

    /** Time that an input element waits at that limit before it is set aside in its key's state. */
    public static final ConfigOption<Duration> BACK_PRESSURE_WAIT =
            new ConfigOption<>("back-pressure-wait", Duration.class, Duration.ofMillis(500));

    /** Whether outputs carry the timestamp of their input and come before the watermark of it. */
    public static final ConfigOption<Boolean> EVENT_TIME =
            new ConfigOption<>("event-time", Boolean.class, false);

    /** Rounds in which a model may ask for tools before its request fails, at least 1. */
    public static final ConfigOption<Integer> MAX_TOOL_ROUNDS =
            new ConfigOption<>("max-tool-rounds", Integer.class, 16);

    /** Time that the call of a model or a tool may take. Default 10 minutes. */
    public static final ConfigOption<Duration> CALL_TIMEOUT =
            new ConfigOption<>("call-timeout", Duration.class, Duration.ofSeconds(600));

    /** Time after a restore until a key with open work is resumed. */
    public static final ConfigOption<Duration> LEASE_INTERVAL =
            new ConfigOption<>("lease-interval", Duration.class, Duration.ofSeconds(2));

    /** Time between two looks for finished calls. */
    public static final ConfigOption<Duration> PUMP_INTERVAL =
            new ConfigOption<>("pump-interval", Duration.class, Duration.ofMillis(2));

    private AgentExecutionOptions() {}
}

package org.apache.flink.agents.api.agents;

import java.time.Duration;
import org.apache.flink.agents.api.configuration.ConfigOption;

/** Options of a job. */
public final class AgentConfigOptions {
    /** Name of the job in logs and stores outside of it. Default: none. */
    public static final ConfigOption<String> JOB_IDENTIFIER =
            new ConfigOption<>("job-identifier", String.class, null);

    /** What becomes of a run that fails. Default: the job fails. */
    public static final ConfigOption<ErrorHandlingStrategy> ERROR_HANDLING_STRATEGY =
            new ConfigOption<>(
                    "error-handling-strategy",
                    ErrorHandlingStrategy.class,
                    ErrorHandlingStrategy.FAIL);

    /** How often a failed action or call is tried again, at least 0; with the strategy retry. */
    public static final ConfigOption<Integer> MAX_RETRIES =
            new ConfigOption<>("max-retries", Integer.class, 3);

    /** Time before the first retry; twice as long before each further one. */
    public static final ConfigOption<Duration> RETRY_WAIT_INTERVAL =
            new ConfigOption<>("retry-wait-interval", Duration.class, Duration.ofSeconds(1));

    /** Time that the wait before a retry does not exceed. */
    public static final ConfigOption<Duration> RETRY_MAX_WAIT =
            new ConfigOption<>("retry-max-wait", Duration.class, Duration.ofSeconds(60));

    private AgentConfigOptions() {}
}

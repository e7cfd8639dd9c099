package org.apache.flink.agents.runtime;

import java.util.List;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.configuration.ConfigOption;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.plan.ResourceCache;
import org.apache.flink.agents.runtime.engine.ErrorPolicy;
import org.apache.flink.agents.runtime.state.StateCodec;

/** What the actions of one subtask share; opened and closed with it. */
public final class Services implements AutoCloseable {
    /** All options of the library. */
    public static final List<ConfigOption<?>> OPTIONS =
            List.of(
                    AgentConfigOptions.JOB_IDENTIFIER,
                    AgentConfigOptions.ERROR_HANDLING_STRATEGY,
                    AgentConfigOptions.MAX_RETRIES,
                    AgentConfigOptions.RETRY_WAIT_INTERVAL,
                    AgentConfigOptions.RETRY_MAX_WAIT,
                    AgentExecutionOptions.CHAT_ASYNC,
                    AgentExecutionOptions.TOOL_CALL_ASYNC,
                    AgentExecutionOptions.BACK_PRESSURE_WAIT,
                    AgentExecutionOptions.CALL_TIMEOUT,
                    AgentExecutionOptions.NUM_ASYNC_THREADS,
                    AgentExecutionOptions.MAX_IN_FLIGHT,
                    AgentExecutionOptions.MAX_TOOL_ROUNDS,
                    AgentExecutionOptions.EVENT_TIME,
                    AgentExecutionOptions.LEASE_INTERVAL,
                    AgentExecutionOptions.PUMP_INTERVAL);
    private static final List<ConfigOption<Integer>> AT_LEAST_ONE =
            List.of(
                    AgentExecutionOptions.NUM_ASYNC_THREADS,
                    AgentExecutionOptions.MAX_IN_FLIGHT,
                    AgentExecutionOptions.MAX_TOOL_ROUNDS);

    final AgentPlan plan;
    final ReadableConfiguration config;
    final AgentMetrics metrics;
    final StateCodec codec;
    final ClassLoader loader;
    final int maxInFlight;
    final ErrorPolicy policy;
    final ResourceCache resources;

    /**
     * The services of one subtask.
     *
     * @param plan the agent
     * @param config the job's options for agents
     * @param metrics where the subtask reports to
     * @param loader finds the classes of the job
     */
    public Services(
            AgentPlan plan, Configuration config, MetricGroup metrics, ClassLoader loader) {
        this.plan = plan;
        this.config = config;
        this.metrics = new AgentMetrics(metrics);
        this.loader = loader;
        this.codec = new StateCodec(loader);
        this.maxInFlight = config.get(AgentExecutionOptions.MAX_IN_FLIGHT);
        this.policy =
                new ErrorPolicy(
                        config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY),
                        config.get(AgentConfigOptions.MAX_RETRIES),
                        config.get(AgentConfigOptions.RETRY_WAIT_INTERVAL).toMillis(),
                        config.get(AgentConfigOptions.RETRY_MAX_WAIT).toMillis());
        this.resources = new ResourceCache(plan, config);
    }

    /**
     * Reads every option once, so that a wrong value is found before a job is submitted.
     *
     * @throws IllegalArgumentException if a value is not of the option's type or range; names it
     */
    public static void checkOptions(ReadableConfiguration config) {
        OPTIONS.forEach(config::get);
        AT_LEAST_ONE.forEach(option -> check(config, option, 1));
        check(config, AgentConfigOptions.MAX_RETRIES, 0);
    }

    /** Closes the resources. */
    @Override
    public void close() {
        resources.close();
    }

    private static void check(
            ReadableConfiguration config, ConfigOption<Integer> option, int least) {
        if (config.get(option) < least) {
            throw new IllegalArgumentException(
                    "Option '" + option.getKey() + "' must be at least " + least + ".");
        }
    }
}

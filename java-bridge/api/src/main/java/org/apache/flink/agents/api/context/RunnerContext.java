package org.apache.flink.agents.api.context;

import java.util.Map;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceType;

/**
 * The second argument of every action.
 *
 * <p>What an action does through its context (events sent, memory written) takes effect when the
 * action returns, all at once, and is dropped when it throws. Use it only on the thread of the
 * action.
 */
public interface RunnerContext {
    /** The key whose event is handled. */
    Object getKey();

    /**
     * Sends an event to the actions that listen to it; an {@code OutputEvent} leaves the agent.
     *
     * @throws org.apache.flink.agents.api.exceptions.UnhandledEventException if no action listens
     *     to events of this class
     */
    void sendEvent(Event event);

    /**
     * The resource of that name and type.
     *
     * @throws org.apache.flink.agents.api.exceptions.UnknownResourceException if there is none
     */
    Resource getResource(String name, ResourceType type);

    /** The settings given to {@code addAction}. */
    Map<String, Object> getActionConfig();

    /** One of the settings given to {@code addAction}, or null. */
    Object getActionConfigValue(String key);

    /** Memory of this key that is cleared when the run ends. */
    MemoryObject getSensoryMemory();

    /** Memory of this key that lives as long as the job's state. */
    MemoryObject getShortTermMemory();

    /** Metrics shared by all actions of the agent. */
    MetricGroup getAgentMetricGroup();

    /** Metrics of this action. */
    MetricGroup getActionMetricGroup();

    /**
     * Makes a call and keeps its result, so that a replay of the action does not repeat it.
     *
     * @return the result of the call
     * @throws org.apache.flink.agents.api.exceptions.NotStorableException if the result cannot be
     *     kept
     * @throws org.apache.flink.agents.api.exceptions.ReplayMismatchException if the action made
     *     another call here before the crash
     * @throws Exception what the call throws
     */
    <T> T durableExecute(DurableCallable<T> callable) throws Exception;

    /**
     * As {@link #durableExecute}, for slow calls in actions with {@code async = true}: waits on the
     * action's own thread, so other keys go on.
     */
    <T> T durableExecuteAsync(DurableCallable<T> callable) throws Exception;

    /** The configuration of the job. */
    ReadableConfiguration getConfig();
}

package org.apache.flink.agents.api.resource;

import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.metrics.ActionMetrics;
import org.apache.flink.agents.api.metrics.MetricGroup;

/**
 * Base of all resources: what actions and other resources use by name.
 *
 * <p>A resource is created once per operator subtask, by the constructor {@code
 * (ResourceDescriptor, BiFunction<String, ResourceType, Resource>)} of its class or, if it has
 * none, by the constructor without parameters and {@link #configure}. It is used from several
 * threads at once and closed with the operator.
 */
public abstract class Resource {
    /** Calls that a subtask may have open at once unless the job says otherwise. */
    public static final int DEFAULT_MAX_IN_FLIGHT = 1000;

    private transient BiFunction<String, ResourceType, Resource> getResource;
    private transient volatile MetricGroup metricGroup;
    private transient volatile int maxInFlight;

    /** For classes that read no arguments, or read them in {@link #configure}. */
    protected Resource() {}

    /**
     * @param descriptor the arguments of the resource
     * @param getResource looks up another resource by name and type
     */
    protected Resource(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        this.getResource = getResource;
    }

    /** The kind of this resource. */
    public abstract ResourceType getResourceType();

    /**
     * Takes over the arguments. Called once by the runtime, before anything else, on an object that
     * was made by its constructor without parameters.
     *
     * @param descriptor the arguments, or null for a resource that was declared as an instance
     * @param getResource looks up another resource by name and type
     */
    public void configure(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        this.getResource = getResource;
    }

    /**
     * Another resource of the agent.
     *
     * @throws IllegalStateException if this resource was not created by the runtime
     */
    protected final Resource lookUp(String name, ResourceType type) {
        if (getResource == null) {
            throw new IllegalStateException(
                    getClass().getSimpleName()
                            + " needs the "
                            + type.getValue()
                            + " '"
                            + name
                            + "', but it was not created by the runtime. Declare it on an agent.");
        }
        return getResource.apply(name, type);
    }

    /** Where the resource reports to: its own group, else that of the running action, else none. */
    public Optional<MetricGroup> getMetricGroup() {
        return metricGroup != null ? Optional.of(metricGroup) : ActionMetrics.current();
    }

    /** Sets the metrics that the resource reports to; null for those of the running action. */
    public void setMetricGroup(MetricGroup metricGroup) {
        this.metricGroup = metricGroup;
    }

    /** Calls that may be open at once in this subtask: the size for connection pools. */
    public int getMaxInFlight() {
        return maxInFlight > 0 ? maxInFlight : DEFAULT_MAX_IN_FLIGHT;
    }

    /** Set by the runtime before the first call; at least 1. */
    public void setMaxInFlight(int maxInFlight) {
        this.maxInFlight = maxInFlight;
    }

    /** Releases what the resource holds. Called once, when no call is open any more. */
    public void close() throws Exception {}
}

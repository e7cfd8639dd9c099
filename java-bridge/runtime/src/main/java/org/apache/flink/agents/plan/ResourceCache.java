package org.apache.flink.agents.plan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.exceptions.AgentsException;
import org.apache.flink.agents.api.exceptions.PlanException;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.exceptions.ResourceCycleException;
import org.apache.flink.agents.api.exceptions.ResourceTypeException;
import org.apache.flink.agents.api.exceptions.UnknownResourceException;
import org.apache.flink.agents.api.resource.ClassNames;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;

/**
 * The resources of one subtask: each is created on first use, once, and closed with the cache. Safe
 * to use from several threads.
 */
public final class ResourceCache implements AutoCloseable {
    private final AgentPlan plan;
    private final ReadableConfiguration config;
    private final UnaryOperator<String> environment;
    private final Map<ResourceKey, Resource> created = new ConcurrentHashMap<>();
    private final Deque<Resource> newestFirst = new ArrayDeque<>();
    private final Set<ResourceKey> inCreation = new LinkedHashSet<>();
    private boolean closed;

    /**
     * @param plan declares the resources
     * @param config a key {@code ClassName.argument} is a default for a descriptor's argument;
     *     {@code max-in-flight} is told to each resource
     */
    public ResourceCache(AgentPlan plan, ReadableConfiguration config) {
        this(plan, config, System::getenv);
    }

    ResourceCache(
            AgentPlan plan, ReadableConfiguration config, UnaryOperator<String> environment) {
        this.plan = plan;
        this.config = config;
        this.environment = environment;
    }

    /**
     * The resource of that name and type.
     *
     * @throws UnknownResourceException if the plan has none
     * @throws org.apache.flink.agents.api.exceptions.ResourceArgumentException if it cannot be
     *     created
     * @throws IllegalStateException if the cache is closed
     */
    public Resource get(String name, ResourceType type) {
        ResourceKey key = new ResourceKey(type, name);
        Resource found = created.get(key);
        return found != null ? found : createOnce(key);
    }

    /**
     * Closes all resources, the newest first, and all of them even if one fails.
     *
     * @throws RuntimeException the first failure; further ones are suppressed in it
     */
    @Override
    public void close() {
        List<Resource> toClose;
        synchronized (this) {
            closed = true;
            toClose = List.copyOf(newestFirst);
            newestFirst.clear();
            created.clear();
        }
        RuntimeException failure = null;
        for (Resource resource : toClose) {
            try {
                resource.close();
            } catch (Exception error) {
                if (error instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (failure == null) {
                    failure =
                            error instanceof RuntimeException unchecked
                                    ? unchecked
                                    : new AgentsException(
                                            resource.getClass().getName() + " cannot be closed",
                                            error);
                } else {
                    failure.addSuppressed(error);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized Resource createOnce(ResourceKey key) {
        if (closed) {
            throw new IllegalStateException(
                    key.member() + " is asked for after the job has ended. Finish calls before.");
        }
        Resource found = created.get(key);
        if (found != null) {
            return found;
        }
        if (!inCreation.add(key)) {
            String cycle =
                    inCreation.stream().map(ResourceKey::name).collect(Collectors.joining(" -> "));
            throw new ResourceCycleException(
                    plan.agent(),
                    key.member(),
                    "needs itself while it is created: " + cycle + " -> " + key.name(),
                    "Look resources up when they are used, not in the constructor.");
        }
        try {
            Resource made = create(key);
            made.setMaxInFlight(config.get(AgentExecutionOptions.MAX_IN_FLIGHT));
            newestFirst.addFirst(made);
            created.put(key, made);
            return made;
        } finally {
            inCreation.remove(key);
        }
    }

    private Resource create(ResourceKey key) {
        Object declared = plan.resources().get(key);
        if (declared == null) {
            throw new UnknownResourceException(
                    plan.agent(), key.member(), "is not declared", NearNames.fix(plan, key));
        }
        if (declared instanceof SerializableResource instance) {
            instance.configure(null, this::get);
            return instance;
        }
        ResourceDescriptor descriptor = (ResourceDescriptor) declared;
        Class<?> type;
        try {
            type = ClassNames.load(descriptor.getClazz());
        } catch (ClassNotFoundException error) {
            throw new ResourceTypeException(
                    plan.agent(),
                    key.member(),
                    "its class " + descriptor.getClazz() + " is not on this worker",
                    "Put the jar with it on the job's class path.",
                    error);
        }
        ResourceDescriptor merged = DefaultArguments.merged(type, descriptor, config);
        ResolvedArguments resolved =
                ResolvedArguments.of(plan.agent(), key, merged, environment);
        try {
            return ResourceFactory.create(type, resolved.descriptor(), this::get);
        } catch (PlanException error) {
            throw error;
        } catch (Exception error) {
            throw new ResourceArgumentException(
                    plan.agent(),
                    key.member(),
                    type.getSimpleName() + " cannot be created: " + resolved.masked(error),
                    "Correct its arguments.",
                    resolved.withoutSecrets(error));
        }
    }
}

package org.apache.flink.agents.api.agents;

import java.lang.reflect.Method;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;

/**
 * A set of actions and of the resources that they use.
 *
 * <p>Subclass it and annotate public static methods, or build one with {@link #addAction} and
 * {@link #addResource}, or both. Members of base classes belong to the agent too.
 */
public class Agent {
    /** Key of the parsed answer in the extra arguments when a request had an output schema. */
    public static final String STRUCTURED_OUTPUT = "structured_output";

    private final Map<String, AddedAction> actions = new LinkedHashMap<>();
    private final Map<ResourceType, Map<String, Object>> resources =
            new EnumMap<>(ResourceType.class);

    /** An agent of what its class declares. */
    public Agent() {}

    /** Actions added by {@link #addAction}, by name. */
    public Map<String, AddedAction> getActions() {
        return Collections.unmodifiableMap(actions);
    }

    /** Resources added by {@link #addResource}, by type and name. */
    public Map<ResourceType, Map<String, Object>> getResources() {
        return resources;
    }

    /**
     * Adds a public static method as an action of its name.
     *
     * @param events classes of the events that start it
     * @param method takes {@code (Event, RunnerContext)}
     * @return the agent itself
     * @throws IllegalArgumentException if there already is an action of that name, or no event is
     *     given
     */
    public Agent addAction(Class<? extends Event>[] events, Method method) {
        return addAction(events, method, Map.of());
    }

    /**
     * Adds a public static method as an action of its name.
     *
     * @param config settings that it reads with {@code getActionConfigValue}
     */
    public Agent addAction(
            Class<? extends Event>[] events, Method method, Map<String, Object> config) {
        return addAction(List.of(events), method, config);
    }

    /** As the method with an array of events. */
    public Agent addAction(
            List<Class<? extends Event>> events, Method method, Map<String, Object> config) {
        Action annotation = method.getAnnotation(Action.class);
        boolean async = annotation != null && annotation.async();
        return add(method.getName(), new AddedAction(events, method, null, config, async));
    }

    /**
     * Adds an action that handles events of one class.
     *
     * @param name its name, unique in the agent
     * @param event class of the events that start it
     * @param function what it does; it must be serializable, and so must be what it refers to
     * @return the agent itself
     * @throws IllegalArgumentException if there already is an action of that name
     */
    public <E extends Event> Agent addAction(
            String name, Class<E> event, ActionFunction<E> function) {
        return add(name, new AddedAction(List.of(event), null, function, Map.of(), false));
    }

    /**
     * Adds an action.
     *
     * @param name its name, unique in the agent
     * @param events classes of the events that start it
     * @param function what it does; it must be serializable, and so must be what it refers to
     * @param config settings that it reads with {@code getActionConfigValue}
     * @param async whether it runs on the pool for blocking calls, off the operator's thread
     * @return the agent itself
     * @throws IllegalArgumentException if there already is an action of that name, or no event is
     *     given
     */
    public Agent addAction(
            String name,
            List<Class<? extends Event>> events,
            ActionFunction<Event> function,
            Map<String, Object> config,
            boolean async) {
        return add(name, new AddedAction(events, null, function, config, async));
    }

    /**
     * Adds a resource.
     *
     * @param name its name, unique for its type
     * @param type its type
     * @param instance a {@link ResourceDescriptor}, or a prompt or tool
     * @return the agent itself
     * @throws IllegalArgumentException if there already is one, or it is of another class
     */
    public Agent addResource(String name, ResourceType type, Object instance) {
        putResource(resources, name, type, instance);
        return this;
    }

    /**
     * Puts a resource into a table of an agent or environment; errors as in {@link #addResource}.
     */
    public static void putResource(
            Map<ResourceType, Map<String, Object>> table,
            String name,
            ResourceType type,
            Object instance) {
        if (!(instance instanceof ResourceDescriptor || instance instanceof SerializableResource)) {
            throw new IllegalArgumentException(
                    "Resource '%s' must be a ResourceDescriptor, a prompt or a tool, not %s."
                            .formatted(
                                    name,
                                    instance == null ? "null" : instance.getClass().getName()));
        }
        Map<String, Object> named = table.computeIfAbsent(type, kind -> new LinkedHashMap<>());
        if (named.putIfAbsent(name, instance) != null) {
            throw new IllegalArgumentException(
                    "There already is a %s '%s'. Give it another name."
                            .formatted(type.getValue(), name));
        }
    }

    private Agent add(String name, AddedAction action) {
        if (action.listenEvents().isEmpty()) {
            throw new IllegalArgumentException(
                    "Action '" + name + "' listens to no event, so it would never run.");
        }
        if (actions.putIfAbsent(name, action) != null) {
            throw new IllegalArgumentException(
                    "The agent already has an action '" + name + "'. Give it another name.");
        }
        return this;
    }
}

package org.apache.flink.agents.plan;

import java.io.Serializable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.agents.ActionFunction;
import org.apache.flink.agents.api.agents.MethodReference;
import org.apache.flink.agents.api.context.RunnerContext;

/**
 * An action of a plan. Travels with the job: a method by its name, a lambda as Java serializes it.
 */
public final class ActionSpec implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final ArrayList<Class<? extends Event>> listenEvents;
    private final MethodReference method;
    private final ActionFunction<Event> function;
    private final LinkedHashMap<String, Object> config;
    private final boolean concurrent;
    private final boolean async;
    private transient volatile Method resolved;

    private ActionSpec(
            String name,
            List<Class<? extends Event>> listenEvents,
            Method method,
            ActionFunction<Event> function,
            Map<String, Object> config,
            boolean concurrent,
            boolean async) {
        this.name = name;
        this.listenEvents = new ArrayList<>(listenEvents);
        this.method = method == null ? null : MethodReference.of(method);
        this.function = function;
        this.config = new LinkedHashMap<>(config);
        this.concurrent = concurrent;
        this.async = async;
        this.resolved = accessible(method);
    }

    /** An action that is a public static method {@code (Event, RunnerContext)}. */
    static ActionSpec ofMethod(
            String name,
            List<Class<? extends Event>> listenEvents,
            Method method,
            Map<String, Object> config,
            boolean async) {
        return new ActionSpec(name, listenEvents, method, null, config, false, async);
    }

    /** An action that is a function. */
    static ActionSpec ofFunction(
            String name,
            List<Class<? extends Event>> listenEvents,
            ActionFunction<Event> function,
            Map<String, Object> config,
            boolean async) {
        return new ActionSpec(name, listenEvents, null, function, config, false, async);
    }

    /**
     * An action that the runtime adds to every agent.
     *
     * @param concurrent whether it runs beside other tasks of its key; actions of users run one at
     *     a time per key
     * @param async whether it runs on the pool for blocking calls
     */
    public static ActionSpec builtIn(
            String name,
            List<Class<? extends Event>> listenEvents,
            ActionFunction<Event> function,
            boolean concurrent,
            boolean async) {
        return new ActionSpec(name, listenEvents, null, function, Map.of(), concurrent, async);
    }

    /** Its name, unique in the agent. */
    public String name() {
        return name;
    }

    /** Classes of the events that start it, subclasses included. */
    public List<Class<? extends Event>> listenEvents() {
        return Collections.unmodifiableList(listenEvents);
    }

    /** Settings from {@code addAction}. */
    public Map<String, Object> config() {
        return Collections.unmodifiableMap(config);
    }

    /** Whether it runs beside other tasks of its key. Only built-in actions do. */
    public boolean concurrent() {
        return concurrent;
    }

    /** Whether it runs on the pool for blocking calls, off the operator's thread. */
    public boolean async() {
        return async;
    }

    /** Whether it starts with events of that class. */
    public boolean listensTo(Class<? extends Event> event) {
        return listenEvents.stream().anyMatch(listened -> listened.isAssignableFrom(event));
    }

    /**
     * Handles an event.
     *
     * @throws Exception what the action throws
     */
    public void invoke(Event event, RunnerContext context) throws Exception {
        if (function != null) {
            function.run(event, context);
            return;
        }
        Method found = resolved;
        if (found == null) {
            found = accessible(method.resolve());
            resolved = found;
        }
        try {
            found.invoke(null, event, context);
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof Error fatal) {
                throw fatal;
            }
            throw (Exception) error.getCause();
        }
    }

    /** The method, if the action is one. */
    Optional<MethodReference> method() {
        return Optional.ofNullable(method);
    }

    /** The function, if the action is one. */
    Optional<ActionFunction<Event>> function() {
        return Optional.ofNullable(function);
    }

    private static Method accessible(Method method) {
        if (method != null) {
            // A public method of a class that is not public itself.
            method.setAccessible(true);
        }
        return method;
    }

    @Override
    public String toString() {
        return "ActionSpec(" + name + ")";
    }
}

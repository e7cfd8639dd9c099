package org.apache.flink.agents.api.agents;

import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;

/**
 * An action that was added by {@link Agent#addAction}.
 *
 * @param listenEvents classes of the events that start it
 * @param method what it does, or null
 * @param function what it does, or null
 * @param config settings that it reads with {@code getActionConfigValue}
 * @param async whether it runs on the pool for blocking calls
 */
public record AddedAction(
        List<Class<? extends Event>> listenEvents,
        Method method,
        ActionFunction<? extends Event> function,
        Map<String, Object> config,
        boolean async) {
    public AddedAction {
        listenEvents = List.copyOf(listenEvents);
        config = new LinkedHashMap<>(config);
    }
}

package org.apache.flink.agents.plan;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.agents.api.Event;

/** An agent, checked and ready to run. Immutable, and all that a host needs to run it. */
public final class AgentPlan implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String agent;
    private final ArrayList<ActionSpec> actions;
    private final LinkedHashMap<ResourceKey, Object> resources;
    private transient volatile Map<Class<?>, List<ActionSpec>> routes;

    AgentPlan(String agent, List<ActionSpec> actions, Map<ResourceKey, Object> resources) {
        this.agent = agent;
        this.actions = new ArrayList<>(actions);
        this.resources = new LinkedHashMap<>(resources);
    }

    /** Name of the agent. */
    public String agent() {
        return agent;
    }

    /** Its actions: those of its class, those that were added, built-in ones last. */
    public List<ActionSpec> actions() {
        return Collections.unmodifiableList(actions);
    }

    /** The action of that name, if there is one. */
    public Optional<ActionSpec> action(String name) {
        return actions.stream().filter(action -> action.name().equals(name)).findFirst();
    }

    /** Its resources and those of its environment: descriptors or serializable resources. */
    public Map<ResourceKey, Object> resources() {
        return Collections.unmodifiableMap(resources);
    }

    /** The actions that an event starts, in the order of {@link #actions}. */
    public List<ActionSpec> listeners(Event event) {
        return listeners(event.getClass());
    }

    /** The actions that an event of that class starts, in the order of {@link #actions}. */
    public List<ActionSpec> listeners(Class<? extends Event> event) {
        Map<Class<?>, List<ActionSpec>> known = routes;
        if (known == null) {
            known = new ConcurrentHashMap<>();
            routes = known;
        }
        List<ActionSpec> found = known.get(event);
        if (found == null) {
            found = actions.stream().filter(action -> action.listensTo(event)).toList();
            known.put(event, found);
        }
        return found;
    }
}

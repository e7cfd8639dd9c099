package org.apache.flink.agents.api.agents;

import java.io.Serializable;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.context.RunnerContext;

/**
 * What an action does, as a lambda or method reference.
 *
 * @param <E> class of the events that it handles
 */
@FunctionalInterface
public interface ActionFunction<E extends Event> extends Serializable {
    /** Handles an event. */
    void run(E event, RunnerContext context) throws Exception;
}

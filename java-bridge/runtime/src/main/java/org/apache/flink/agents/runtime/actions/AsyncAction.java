package org.apache.flink.agents.runtime.actions;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.runtime.ActionContext;

/** A built-in action: waits for calls without a thread. */
@FunctionalInterface
public interface AsyncAction {
    /** Handles an event; it is done when the future is. */
    CompletableFuture<?> start(Event event, ActionContext context);
}

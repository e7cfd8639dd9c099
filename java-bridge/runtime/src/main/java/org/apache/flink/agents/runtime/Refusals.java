package org.apache.flink.agents.runtime;

import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.exceptions.ActionException;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.runtime.engine.Effect;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of elements that cannot be kept in state, where they have to be. */
final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final Services services;
    private final Host host;

    Refusals(Services services, Host host) {
        this.services = services;
        this.host = host;
    }

    /** Whether a value can be kept in state. */
    boolean isStorable(Object value) {
        try {
            services.codec.toJson(value);
            return true;
        } catch (NotStorableException error) {
            return false;
        }
    }

    /** Whether an element can be kept until its turn; if not, it is refused. */
    boolean canWait(Object key, Object value, Long timestamp) {
        try {
            services.codec.toJson(value);
            return true;
        } catch (NotStorableException error) {
            refuse(key, value, timestamp, error);
            return false;
        }
    }

    /** Treats an element that cannot be kept in state as the job's strategy says. */
    void refuse(Object key, Object value, Long timestamp, NotStorableException error) {
        String name = "input of agent " + services.plan.agent();
        switch (services.policy.strategy()) {
            case DEAD_LETTER -> {
                Effect.SendDeadLetter letter =
                        new Effect.SendDeadLetter(name, new InputEvent(value), value, error, 0);
                host.deadLetter(DeadLetter.of(key, letter, services.codec));
            }
            case IGNORE -> {
                services.metrics.errorIgnored(null);
                LOG.warn("Key {}: ignored an input element: {}", key, error.getMessage());
            }
            default ->
                    throw new ActionException(
                            String.format(
                                    "The %s for key %s cannot be kept in state: %s",
                                    name, key, error.getMessage()),
                            error);
        }
        host.ended(timestamp);
    }
}

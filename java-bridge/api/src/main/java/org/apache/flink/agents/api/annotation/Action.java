package org.apache.flink.agents.api.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apache.flink.agents.api.Event;

/**
 * Marks a public static method {@code (Event, RunnerContext)} that handles events.
 *
 * <p>What it does through its context takes effect when it returns, and is dropped when it throws.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Action {
    /** Classes of the events that start it, subclasses included. At least one. */
    Class<? extends Event>[] listenEvents();

    /** Whether the action runs on the pool for blocking calls, off the operator's thread. */
    boolean async() default false;
}

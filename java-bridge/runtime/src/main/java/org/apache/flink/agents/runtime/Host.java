package org.apache.flink.agents.runtime;

import java.util.function.BooleanSupplier;

/** What the runner asks of its host, beside state. All on the thread that owns the state. */
public interface Host {
    /** Makes a key current. */
    void switchTo(Object key);

    /**
     * An element is being worked on from now on.
     *
     * @param timestamp its event time in milliseconds, or null
     */
    void began(Long timestamp);

    /**
     * An element is done: all its outputs were sent.
     *
     * @param timestamp its event time in milliseconds, or null
     */
    void ended(Long timestamp);

    /**
     * Sends a value downstream.
     *
     * @param timestamp event time in milliseconds, or null
     */
    void emit(Object key, Object value, Long timestamp);

    /** Sends a failed event to the dead letters. */
    void deadLetter(DeadLetter letter);

    /**
     * Lets the background report until a condition holds.
     *
     * @param maxMillis milliseconds to wait at most
     */
    void await(BooleanSupplier condition, long maxMillis) throws Exception;
}

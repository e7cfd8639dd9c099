package org.apache.flink.agents.api.metrics;

/** A number that is counted up and down. */
public interface Counter {
    /** Adds 1. */
    default void inc() {
        inc(1);
    }

    /** Adds {@code n}. */
    void inc(long n);

    /** Subtracts 1. */
    default void dec() {
        dec(1);
    }

    /** Subtracts {@code n}. */
    void dec(long n);

    /** The count. */
    long getCount();
}

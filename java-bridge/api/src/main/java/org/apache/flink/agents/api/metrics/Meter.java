package org.apache.flink.agents.api.metrics;

/** How often something happens. */
public interface Meter {
    /** It has happened once. */
    default void mark() {
        mark(1);
    }

    /** It has happened {@code n} times. */
    void mark(long n);

    /** Times per second, averaged over the last minute. */
    double getRate();
}

package org.apache.flink.agents.api.metrics;

/** The last value of something. */
public interface Gauge {
    /** Sets the value. */
    void update(double value);

    /** The value that was set last; 0 before. */
    double getValue();
}

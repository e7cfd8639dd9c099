package org.apache.flink.agents.api.metrics;

/** The spread of the latest values. Without a value, all statistics are 0. */
public interface Histogram {
    /** Adds a value. */
    void update(double value);

    /** The mean of the values in the window. */
    double getMean();

    /** The greatest value in the window. */
    double getMax();

    /** The smallest value in the window. */
    double getMin();
}

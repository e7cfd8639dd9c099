package org.apache.flink.agents.api.metrics;

/** A named group of metrics and further groups. The same name gives the same object. */
public interface MetricGroup {
    /** Values that a histogram keeps unless it is said otherwise. */
    int DEFAULT_WINDOW_SIZE = 100;

    /** The group called {@code name} in this one. */
    MetricGroup getSubGroup(String name);

    /** The counter called {@code name}. */
    Counter getCounter(String name);

    /** The meter called {@code name}. */
    Meter getMeter(String name);

    /** The gauge called {@code name}. */
    Gauge getGauge(String name);

    /** The histogram called {@code name}, of the last 100 values. */
    default Histogram getHistogram(String name) {
        return getHistogram(name, DEFAULT_WINDOW_SIZE);
    }

    /**
     * The histogram called {@code name}.
     *
     * @param name its name
     * @param windowSize values that it keeps, at least 1; counts when it is first asked for
     */
    Histogram getHistogram(String name, int windowSize);
}

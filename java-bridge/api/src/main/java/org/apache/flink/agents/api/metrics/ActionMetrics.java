package org.apache.flink.agents.api.metrics;

import java.util.Optional;

/**
 * Metrics of the action that runs on this thread.
 *
 * <p>Resources are shared by actions that run at the same time, so it cannot be a field of theirs.
 * The runtime sets it around an action and around each call that is made for one.
 */
public final class ActionMetrics {
    private static final ThreadLocal<MetricGroup> CURRENT = new ThreadLocal<>();

    private ActionMetrics() {}

    /** The metrics of the running action; none outside of an action. */
    public static Optional<MetricGroup> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /**
     * Makes these the metrics of the running action until the result is closed.
     *
     * @param metrics the metrics, or null for none
     * @return closes without an exception, and puts back what was set before
     */
    public static Scope enter(MetricGroup metrics) {
        MetricGroup before = CURRENT.get();
        set(metrics);
        return () -> set(before);
    }

    private static void set(MetricGroup metrics) {
        if (metrics == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(metrics);
        }
    }

    /** What ends {@link ActionMetrics#enter}. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }
}

package org.apache.flink.agents.api.metrics;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Metrics of the action that runs on this thread.
 *
 * <p>Resources are shared by actions that run at the same time, so it cannot be a field of theirs.
 * The runtime sets it around an action and around each call that is made for one.
 */
public final class ActionMetrics {
    // Emptied, not removed, after an action: setting it anew costs more than many an action. What
    // stays with the thread is a class of Java, so it keeps no class loader alive.
    private static final ThreadLocal<AtomicReference<MetricGroup>> CURRENT =
            ThreadLocal.withInitial(AtomicReference::new);

    private ActionMetrics() {}

    /** The metrics of the running action; none outside of an action. */
    public static Optional<MetricGroup> current() {
        return Optional.ofNullable(CURRENT.get().getPlain());
    }

    /**
     * Makes these the metrics of the running action until the result is closed.
     *
     * @param metrics the metrics, or null for none
     * @return closes without an exception, and puts back what was set before
     */
    public static Scope enter(MetricGroup metrics) {
        AtomicReference<MetricGroup> current = CURRENT.get();
        MetricGroup before = current.getPlain();
        current.setPlain(metrics);
        return () -> current.setPlain(before);
    }

    /** What ends {@link ActionMetrics#enter}. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }
}

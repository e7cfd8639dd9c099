package org.apache.flink.agents.runtime;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.flink.agents.api.metrics.Counter;
import org.apache.flink.agents.api.metrics.Gauge;
import org.apache.flink.agents.api.metrics.Histogram;
import org.apache.flink.agents.api.metrics.Meter;
import org.apache.flink.agents.api.metrics.MetricGroup;

/** Metrics in this process; for any thread. */
public final class LocalMetricGroup implements MetricGroup {
    private final Map<String, Object> made = new ConcurrentHashMap<>();

    @Override
    public MetricGroup getSubGroup(String name) {
        return once("group", name, LocalMetricGroup::new);
    }

    @Override
    public Counter getCounter(String name) {
        return once("counter", name, Count::new);
    }

    @Override
    public Meter getMeter(String name) {
        return once("meter", name, Rate::new);
    }

    @Override
    public Gauge getGauge(String name) {
        return once("gauge", name, Latest::new);
    }

    @Override
    public Histogram getHistogram(String name, int windowSize) {
        return once("histogram", name, () -> new Window(windowSize));
    }

    @SuppressWarnings("unchecked")
    private <T> T once(String kind, String name, Supplier<T> make) {
        return (T) made.computeIfAbsent(kind + " " + name, key -> make.get());
    }

    private static final class Count implements Counter {
        private final AtomicLong count = new AtomicLong();

        @Override
        public void inc(long n) {
            count.addAndGet(n);
        }

        @Override
        public void dec(long n) {
            count.addAndGet(-n);
        }

        @Override
        public long getCount() {
            return count.get();
        }
    }

    /** Averages over the last minute by whole seconds. */
    private static final class Rate implements Meter {
        private static final int SECONDS = 60;

        private final long[] marks = new long[SECONDS];
        private long second = now();

        @Override
        public synchronized void mark(long n) {
            advance();
            marks[(int) (second % SECONDS)] += n;
        }

        @Override
        public synchronized double getRate() {
            advance();
            long sum = 0;
            for (long mark : marks) {
                sum += mark;
            }
            return (double) sum / SECONDS;
        }

        private void advance() {
            long now = now();
            for (long passed = 0; second < now && passed < SECONDS; passed++) {
                second++;
                marks[(int) (second % SECONDS)] = 0;
            }
            second = now;
        }

        private static long now() {
            return System.nanoTime() / 1_000_000_000L + Integer.MAX_VALUE;
        }
    }

    private static final class Latest implements Gauge {
        private volatile double value;

        @Override
        public void update(double value) {
            this.value = value;
        }

        @Override
        public double getValue() {
            return value;
        }
    }

    /** The latest values of a histogram. */
    public static final class Window implements Histogram {
        private final Deque<Double> values = new ArrayDeque<>();
        private final int size;
        private long count;

        /**
         * An empty window.
         *
         * @param size values that it keeps, at least 1
         */
        public Window(int size) {
            this.size = Math.max(1, size);
        }

        @Override
        public synchronized void update(double value) {
            if (values.size() == size) {
                values.remove();
            }
            values.add(value);
            count++;
        }

        @Override
        public double getMean() {
            return Arrays.stream(values()).average().orElse(0);
        }

        @Override
        public double getMax() {
            return Arrays.stream(values()).max().orElse(0);
        }

        @Override
        public double getMin() {
            return Arrays.stream(values()).min().orElse(0);
        }

        /** Values seen so far, also those that were dropped. */
        public synchronized long count() {
            return count;
        }

        /** The values in the window, oldest first. */
        public synchronized double[] values() {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }
}

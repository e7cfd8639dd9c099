package org.apache.flink.agents.runtime.flink;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.flink.agents.api.metrics.Counter;
import org.apache.flink.agents.api.metrics.Gauge;
import org.apache.flink.agents.api.metrics.Histogram;
import org.apache.flink.agents.api.metrics.Meter;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.runtime.LocalMetricGroup;
import org.apache.flink.metrics.HistogramStatistics;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;

/** Flink's metrics behind the library's interface; for any thread. Each is registered once. */
final class FlinkMetricGroup implements MetricGroup {
    private final org.apache.flink.metrics.MetricGroup group;
    private final Map<String, Object> made = new ConcurrentHashMap<>();

    FlinkMetricGroup(org.apache.flink.metrics.MetricGroup group) {
        this.group = group;
    }

    @Override
    public MetricGroup getSubGroup(String name) {
        return once("group", name, () -> new FlinkMetricGroup(group.addGroup(name)));
    }

    @Override
    public Counter getCounter(String name) {
        return once(
                "counter",
                name,
                () -> new FlinkCounter(group.counter(name, new ThreadSafeSimpleCounter())));
    }

    @Override
    public Meter getMeter(String name) {
        return once("meter", name, () -> new FlinkMeter(group, name));
    }

    @Override
    public Gauge getGauge(String name) {
        return once(
                "gauge",
                name,
                () -> {
                    Gauge gauge = new LocalMetricGroup().getGauge(name);
                    group.gauge(name, gauge::getValue);
                    return gauge;
                });
    }

    @Override
    public Histogram getHistogram(String name, int windowSize) {
        return once(
                "histogram",
                name,
                () -> {
                    LocalMetricGroup.Window window = new LocalMetricGroup.Window(windowSize);
                    group.histogram(name, new FlinkHistogram(window));
                    return window;
                });
    }

    @SuppressWarnings("unchecked")
    private <T> T once(String kind, String name, Supplier<T> make) {
        return (T) made.computeIfAbsent(kind + " " + name, key -> make.get());
    }

    private record FlinkCounter(org.apache.flink.metrics.Counter counter) implements Counter {
        @Override
        public void inc(long n) {
            counter.inc(n);
        }

        @Override
        public void dec(long n) {
            counter.dec(n);
        }

        @Override
        public long getCount() {
            return counter.getCount();
        }
    }

    private static final class FlinkMeter implements Meter {
        private final org.apache.flink.metrics.Meter meter;

        FlinkMeter(org.apache.flink.metrics.MetricGroup group, String name) {
            this.meter = group.meter(name, new MeterView(new ThreadSafeSimpleCounter()));
        }

        @Override
        public void mark(long n) {
            meter.markEvent(n);
        }

        @Override
        public double getRate() {
            return meter.getRate();
        }
    }

    /** Shows a window to Flink's reporters. */
    private static final class FlinkHistogram implements org.apache.flink.metrics.Histogram {
        private final LocalMetricGroup.Window window;

        FlinkHistogram(LocalMetricGroup.Window window) {
            this.window = window;
        }

        @Override
        public void update(long value) {
            window.update(value);
        }

        @Override
        public long getCount() {
            return window.count();
        }

        @Override
        public HistogramStatistics getStatistics() {
            return new WindowStatistics(window.values());
        }
    }
}

package org.apache.flink.agents.runtime.flink;

import java.util.Arrays;
import org.apache.flink.metrics.HistogramStatistics;

/** Statistics of some values. Without a value, all are 0. */
final class WindowStatistics extends HistogramStatistics {
    private final double[] sorted;

    WindowStatistics(double[] values) {
        this.sorted = values;
        Arrays.sort(values);
    }

    @Override
    public double getQuantile(double quantile) {
        if (sorted.length == 0) {
            return 0;
        }
        int index = (int) Math.ceil(quantile * sorted.length) - 1;
        return sorted[Math.max(0, Math.min(sorted.length - 1, index))];
    }

    @Override
    public long[] getValues() {
        return Arrays.stream(sorted).mapToLong(Math::round).toArray();
    }

    @Override
    public int size() {
        return sorted.length;
    }

    @Override
    public double getMean() {
        return Arrays.stream(sorted).average().orElse(0);
    }

    @Override
    public double getStdDev() {
        double mean = getMean();
        return Math.sqrt(
                Arrays.stream(sorted).map(v -> (v - mean) * (v - mean)).average().orElse(0));
    }

    @Override
    public long getMax() {
        return sorted.length == 0 ? 0 : Math.round(sorted[sorted.length - 1]);
    }

    @Override
    public long getMin() {
        return sorted.length == 0 ? 0 : Math.round(sorted[0]);
    }
}

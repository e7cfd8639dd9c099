package org.apache.flink.agents.runtime.flink;

import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Holds watermarks back while earlier elements are being worked on, so that their outputs are not
 * late: what may pass is the latest watermark, or one just before the oldest open element.
 */
final class WatermarkHold {
    private final TreeMap<Long, Integer> open = new TreeMap<>();
    private long timeless;
    private long latest = Long.MIN_VALUE;
    private long passed = Long.MIN_VALUE;

    /** An element without a timestamp, null, holds only the end of all time. */
    void began(Long timestamp) {
        if (isTimeless(timestamp)) {
            timeless++;
        } else if (timestamp > passed) { // else it is late, with its outputs
            open.merge(timestamp, 1, Integer::sum);
        }
    }

    void ended(Long timestamp) {
        if (isTimeless(timestamp)) {
            timeless--;
        } else if (timestamp > passed) {
            open.computeIfPresent(timestamp, (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** A watermark has arrived. */
    void arrived(long watermark) {
        latest = Math.max(latest, watermark);
    }

    /** Whether elements are being worked on that are not late. */
    boolean isOpen() {
        return timeless > 0 || !open.isEmpty();
    }

    /** The watermark that may pass now, once; nothing if none may. */
    OptionalLong pass() {
        long due = latest;
        if (!open.isEmpty() && open.firstKey() <= latest) {
            due = open.firstKey() - 1;
        } else if (timeless > 0 && latest == Long.MAX_VALUE) {
            due = passed;
        }
        if (due <= passed) {
            return OptionalLong.empty();
        }
        passed = due;
        return OptionalLong.of(due);
    }

    private static boolean isTimeless(Long timestamp) {
        return timestamp == null || timestamp == Long.MAX_VALUE;
    }
}

package org.apache.flink.agents.runtime.flink;

import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Holds watermarks back while earlier elements are being worked on, so that their outputs are not
 * late: what may pass is the latest watermark, or one just before the oldest open element.
 */
final class WatermarkHold {
    private final TreeMap<Long, Integer> open = new TreeMap<>();
    private long latest = Long.MIN_VALUE;
    private long passed = Long.MIN_VALUE;

    /** An element without a timestamp, null, holds only the end of all time. */
    void began(Long timestamp) {
        long time = timeOf(timestamp);
        if (time > passed) { // else it is late, with its outputs
            open.merge(time, 1, Integer::sum);
        }
    }

    void ended(Long timestamp) {
        long time = timeOf(timestamp);
        if (time > passed) {
            open.computeIfPresent(time, (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** A watermark has arrived. */
    void arrived(long watermark) {
        latest = Math.max(latest, watermark);
    }

    /** Whether elements are being worked on that are not late. */
    boolean isOpen() {
        return !open.isEmpty();
    }

    /** The watermark that may pass now, once; nothing if none may. */
    OptionalLong pass() {
        long due = latest;
        if (!open.isEmpty() && open.firstKey() <= latest) {
            due = open.firstKey() == Long.MAX_VALUE ? passed : open.firstKey() - 1;
        }
        if (due <= passed) {
            return OptionalLong.empty();
        }
        passed = due;
        return OptionalLong.of(due);
    }

    private static long timeOf(Long timestamp) {
        return timestamp == null ? Long.MAX_VALUE : timestamp;
    }
}

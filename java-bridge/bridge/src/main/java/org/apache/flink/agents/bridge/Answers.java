package org.apache.flink.agents.bridge;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** JSON texts that wait to be fetched, many at a time. */
final class Answers {

    private static final int BATCH = 256;
    private static final int BATCH_CHARS = 4_000_000;

    private final LinkedBlockingQueue<String> waiting = new LinkedBlockingQueue<>();

    void add(String text) {
        waiting.add(text);
    }

    /**
     * What has gathered, as a JSON array.
     *
     * @param maxWaitMillis how long to wait for the first one
     */
    String take(long maxWaitMillis) throws InterruptedException {
        String next = waiting.poll(maxWaitMillis, TimeUnit.MILLISECONDS);
        StringBuilder batch = new StringBuilder("[");
        for (int size = 0; next != null; size++) {
            batch.append(size == 0 ? "" : ",").append(next);
            boolean full = size == BATCH || batch.length() > BATCH_CHARS;
            next = full ? null : waiting.poll();
        }
        return batch.append(']').toString();
    }
}

package org.apache.flink.agents.bridge;

import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads that blocking chats wait in: as many as are needed, up to a limit, then a queue. */
final class ChatThreads extends ThreadPoolExecutor {

    private static final int IDLE_SECONDS = 30;

    /**
     * @param limit threads at most
     */
    ChatThreads(int limit) {
        super(0, limit, IDLE_SECONDS, TimeUnit.SECONDS, new HandOver());
        AtomicInteger numbers = new AtomicInteger();
        setThreadFactory(
                task -> {
                    Thread thread =
                            new Thread(task, "flink-agents-chat-" + numbers.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        setRejectedExecutionHandler(
                (task, pool) -> {
                    if (!pool.isShutdown()) {
                        ((HandOver) pool.getQueue()).put(task);
                    }
                });
    }

    /** Takes a task only if a thread waits for one; the pool then starts a thread instead. */
    private static final class HandOver extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }
    }
}

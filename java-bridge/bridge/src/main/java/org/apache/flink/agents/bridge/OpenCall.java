package org.apache.flink.agents.bridge;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A chat that runs: on a thread of the pool while it blocks, and to be cancelled at any time. */
final class OpenCall implements Executor {

    private final Executor pool;
    private Thread thread;
    private CompletableFuture<?> answer;
    private boolean cancelled;

    OpenCall(Executor pool) {
        this.pool = pool;
    }

    /**
     * Work of the chat. What is asked for while the chat starts runs at once, on the thread of the
     * pool that it starts on.
     */
    @Override
    public void execute(Runnable work) {
        boolean here;
        synchronized (this) {
            here = thread == Thread.currentThread();
        }
        if (here) {
            work.run();
        } else {
            pool.execute(() -> run(work));
        }
    }

    /** Runs work on the current thread, which a cancellation then interrupts. */
    void run(Runnable work) {
        synchronized (this) {
            if (cancelled) {
                return;
            }
            thread = Thread.currentThread();
        }
        try {
            work.run();
        } finally {
            synchronized (this) {
                thread = null;
                // An interrupt that came too late is not meant for the thread's next call.
                Thread.interrupted();
            }
        }
    }

    /** The answer that will come, so that it can be cancelled. */
    synchronized void waitsFor(CompletableFuture<?> future) {
        answer = future;
        if (cancelled) {
            future.cancel(true);
        }
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    synchronized void cancel() {
        cancelled = true;
        if (answer != null) {
            answer.cancel(true);
        }
        if (thread != null) {
            thread.interrupt();
        }
    }
}

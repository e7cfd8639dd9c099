package org.apache.flink.agents.integrations.chatmodels.http;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** One call of a model with all its attempts, so that it can be cancelled and counted. Internal. */
public final class CallHandle {

    private CompletableFuture<HttpAnswer> current;
    private HttpAnswer answer;
    private int attempts;
    private boolean cancelled;

    /** Makes a further attempt; fails if the call was cancelled. */
    public synchronized CompletableFuture<HttpAnswer> attempt(
            Supplier<CompletableFuture<HttpAnswer>> sender) {
        if (cancelled) {
            return CompletableFuture.failedFuture(new CancellationException());
        }
        attempts++;
        answer = null;
        current = sender.get();
        // Kept before anybody else hears of it.
        return current.thenApply(this::kept);
    }

    private synchronized HttpAnswer kept(HttpAnswer given) {
        answer = given;
        return given;
    }

    /** The whole answer to the last attempt; null if there was none. */
    public synchronized HttpAnswer answer() {
        return answer;
    }

    /** How often it was tried. */
    public synchronized int attempts() {
        return attempts;
    }

    /** Closes the connection that the call waits for, and prevents further attempts. */
    public void cancel() {
        CompletableFuture<HttpAnswer> waiting;
        synchronized (this) {
            cancelled = true;
            waiting = current;
        }
        if (waiting != null) {
            waiting.cancel(true);
        }
    }
}

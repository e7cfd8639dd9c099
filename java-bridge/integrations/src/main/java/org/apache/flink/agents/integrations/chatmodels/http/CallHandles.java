package org.apache.flink.agents.integrations.chatmodels.http;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The calls in flight of one client, by the name that goes through its SDK as a header. Internal.
 *
 * <p>The SDKs give a future that cannot be cancelled, and errors that tell neither how often it was
 * tried nor what a server said that answers no JSON.
 */
public final class CallHandles {

    /** Header that never leaves the process: the transport takes it away. */
    public static final String HEADER = "x-flink-agents-call";

    private final Map<String, CallHandle> open = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();

    /** Opens a call; gives its name. */
    public String open() {
        String name = Long.toString(last.incrementAndGet());
        open.put(name, new CallHandle());
        return name;
    }

    /** The call of that name, which is open. */
    public CallHandle get(String name) {
        return open.get(name);
    }

    /** Ends a call. */
    public void close(String name) {
        open.remove(name);
    }

    /** Makes an attempt for the call of that name, which may have ended meanwhile. */
    public CompletableFuture<HttpAnswer> attempt(
            String name, Supplier<CompletableFuture<HttpAnswer>> sender) {
        CallHandle handle = name == null ? null : open.get(name);
        return handle == null ? sender.get() : handle.attempt(sender);
    }
}

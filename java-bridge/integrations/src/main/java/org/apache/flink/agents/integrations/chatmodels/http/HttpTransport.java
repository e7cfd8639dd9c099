package org.apache.flink.agents.integrations.chatmodels.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all providers send their requests with: many calls in flight on a few threads. Internal.
 *
 * <p>The transports that the SDKs bring hold one thread for each call that waits (OkHttp, which
 * besides lets only five calls go to one host), or need native libraries (Netty). This one is the
 * JDK's, which waits for all sockets with one thread. Nothing is repeated here: that is the SDKs'.
 */
public final class HttpTransport implements AutoCloseable {

    private static final int WORKERS = Math.max(2, Runtime.getRuntime().availableProcessors());
    private static final AtomicInteger CREATED = new AtomicInteger();

    private final ThreadPoolExecutor workers;
    private final HttpClient client;
    private final Set<CompletableFuture<HttpAnswer>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Creates a transport, to be closed in the end. It opens nothing before the first call. */
    public HttpTransport() {
        int number = CREATED.incrementAndGet();
        AtomicInteger started = new AtomicInteger();
        workers =
                new ThreadPoolExecutor(
                        WORKERS,
                        WORKERS,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        task -> {
                            String name = "chat-model-" + number + "-" + started.incrementAndGet();
                            Thread thread = new Thread(task, name);
                            thread.setDaemon(true);
                            return thread;
                        });
        workers.allowCoreThreadTimeOut(true);
        client =
                HttpClient.newBuilder()
                        // With HTTP/2, calls beyond a server's limit of streams fail in this
                        // client instead of opening another connection.
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .executor(workers)
                        .build();
    }

    /**
     * Sends a request.
     *
     * @param call the request
     * @return the whole answer, whatever its status; fails with an {@link HttpTimeoutException} if
     *     there is none in time, with an {@link IOException} if the connection fails, and with an
     *     {@link IllegalArgumentException} if the request cannot be sent. Cancelling it closes the
     *     connection.
     */
    public CompletableFuture<HttpAnswer> send(HttpCall call) {
        CompletableFuture<HttpAnswer> result = new CompletableFuture<>();
        if (closed) {
            result.completeExceptionally(new IOException("the connection is closed"));
            return result;
        }
        CompletableFuture<HttpResponse<byte[]>> sent;
        try {
            sent = client.sendAsync(request(call), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IllegalArgumentException | RejectedExecutionException e) {
            result.completeExceptionally(e);
            return result;
        }
        open.add(result);
        result.whenComplete(
                (answer, error) -> {
                    open.remove(result);
                    sent.cancel(true);
                });
        CompletableFuture<HttpResponse<byte[]>> timed = sent.copy();
        if (!call.timeout().isZero()) {
            // Not the request's own timeout, which ends with the answer's headers.
            timed.orTimeout(call.timeout().toMillis(), TimeUnit.MILLISECONDS);
        }
        timed.whenCompleteAsync((answer, error) -> finish(result, answer, error), this::run);
        if (closed) {
            fail(result);
        }
        return result;
    }

    /** Fails the calls in flight and ends the threads. */
    @Override
    public void close() {
        closed = true;
        for (CompletableFuture<HttpAnswer> result : open) {
            fail(result);
        }
        workers.shutdown();
        // The JDK's client can be closed from version 21 on. Before, its idle connections and its
        // one thread end when the garbage collector finds that nobody uses it.
        if ((Object) client instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("the HTTP client could not be closed", e);
            }
        }
    }

    private static void fail(CompletableFuture<HttpAnswer> result) {
        result.completeExceptionally(new IOException("the connection was closed meanwhile"));
    }

    private void run(Runnable task) {
        Executor executor = closed ? Runnable::run : workers;
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    private static HttpRequest request(HttpCall call) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(call.uri())
                        .POST(HttpRequest.BodyPublishers.ofByteArray(call.body()));
        call.headers()
                .forEach(
                        (name, values) -> {
                            if (!name.equalsIgnoreCase("content-length")) {
                                values.forEach(value -> builder.header(name, value));
                            }
                        });
        return builder.build();
    }

    private static void finish(
            CompletableFuture<HttpAnswer> result,
            HttpResponse<byte[]> response,
            Throwable failure) {
        Throwable error = failure;
        while (error instanceof CompletionException && error.getCause() != null) {
            error = error.getCause();
        }
        if (error instanceof TimeoutException) {
            result.completeExceptionally(new HttpTimeoutException("no answer in time"));
        } else if (error != null) {
            result.completeExceptionally(error);
        } else {
            Map<String, List<String>> headers = new TreeMap<>();
            response.headers()
                    .map()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
            result.complete(new HttpAnswer(response.statusCode(), headers, response.body()));
        }
    }
}

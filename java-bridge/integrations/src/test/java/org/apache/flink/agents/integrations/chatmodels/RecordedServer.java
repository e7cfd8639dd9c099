package org.apache.flink.agents.integrations.chatmodels;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that records requests and answers as it was told. */
final class RecordedServer implements AutoCloseable {

    /** The many connections of a test may all come at once. */
    private static final int BACKLOG = 4096;

    private final HttpServer server;
    private final ExecutorService readers = Executors.newFixedThreadPool(4);
    private final ScheduledExecutorService writers = Executors.newScheduledThreadPool(4);
    private final List<RecordedRequest> requests = new ArrayList<>();
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private final List<Runnable> held = new ArrayList<>();
    private int holdUntil;
    private Answer usual;

    RecordedServer(Answer usual) {
        this.usual = usual;
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(readers);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Answers the next request with this; those after the last one get the usual answer. */
    synchronized void script(Answer... next) {
        answers.addAll(List.of(next));
    }

    synchronized void always(Answer answer) {
        usual = answer;
    }

    synchronized List<RecordedRequest> requests() {
        return new ArrayList<>(requests);
    }

    synchronized RecordedRequest last() {
        return requests.get(requests.size() - 1);
    }

    /** Answers nobody before so many requests have come. */
    synchronized void holdUntil(int number) {
        holdUntil = number;
    }

    /** Waits until so many requests have come. */
    synchronized void awaitRequests(int number) throws InterruptedException {
        while (requests.size() < number) {
            wait();
        }
    }

    /** The most requests that waited for an answer at the same time. */
    int mostOpen() {
        return mostOpen.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String text =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach(
                        (name, values) ->
                                headers.put(
                                        name.toLowerCase(Locale.ROOT), String.join(",", values)));
        RecordedRequest request =
                new RecordedRequest(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getPath(),
                        exchange.getRequestURI().getQuery(),
                        headers,
                        text);
        Answer answer;
        synchronized (this) {
            requests.add(request);
            notifyAll();
            answer = answers.isEmpty() ? usual : answers.poll();
        }
        mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
        release(
                () ->
                        writers.schedule(
                                () -> {
                                    open.decrementAndGet();
                                    write(exchange, answer);
                                },
                                answer.delayMillis(),
                                TimeUnit.MILLISECONDS));
    }

    private synchronized void release(Runnable writing) {
        held.add(writing);
        if (held.size() >= holdUntil) {
            holdUntil = 0;
            held.forEach(Runnable::run);
            held.clear();
        }
    }

    private static void write(HttpExchange exchange, Answer answer) {
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        try {
            switch (answer.kind()) {
                case SILENCE -> {
                    // The connection stays open until the server stops.
                }
                case RESET -> exchange.close();
                case HALF -> {
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    exchange.sendResponseHeaders(200, bytes.length + 100);
                    exchange.getResponseBody().write(bytes);
                    exchange.getResponseBody().flush();
                    exchange.close();
                }
                case WHOLE -> {
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    answer.headers().forEach(exchange.getResponseHeaders()::set);
                    exchange.sendResponseHeaders(
                            answer.status(), bytes.length == 0 ? -1 : bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                }
            }
        } catch (IOException e) {
            // The client went away, as it may.
            exchange.close();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        readers.shutdownNow();
        writers.shutdownNow();
    }
}

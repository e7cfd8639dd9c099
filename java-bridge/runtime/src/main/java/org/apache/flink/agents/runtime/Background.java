package org.apache.flink.agents.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.flink.agents.runtime.engine.Input;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work of one subtask off the thread that owns the state: runs it, and queues its outcomes.
 *
 * <p>{@link #start}, {@link #after}, {@link #collect} and {@link #open} belong to the owner's thread;
 * the rest may be used by any.
 *
 * @param <K> what the owner knows its keys by
 */
final class Background<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final long CLOSE_SECONDS = 10;

    /**
     * Something that happened to a key in the background.
     *
     * @param key the key, as it was given
     * @param given what happened
     * @param last whether the task or wait is over
     */
    record Outcome<K>(K key, Input given, boolean last) {}

    private final Runnable wake;
    private final ThreadPoolExecutor actions;
    private final ThreadPoolExecutor calls;
    private final ScheduledThreadPoolExecutor timer;
    private final Queue<Outcome<K>> outcomes = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isAwake = new AtomicBoolean();
    private final Set<CompletableFuture<?>> underWay = ConcurrentHashMap.newKeySet();
    private final Queue<Runnable> waitingCalls = new ArrayDeque<>();
    private int freeCalls;
    private int open;
    private volatile boolean closed;

    /**
     * A background without work. Threads start when they are needed and end when they are not.
     *
     * @param name name of the agent, for threads
     * @param threads threads for blocking calls, and as many for actions; at least 1
     * @param maxCalls calls that may be under way at once; at least 1
     * @param loader class loader of the threads
     * @param wake is run when there are outcomes to collect, on any thread
     */
    Background(String name, int threads, int maxCalls, ClassLoader loader, Runnable wake) {
        this.wake = wake;
        this.freeCalls = maxCalls;
        this.actions = pool("flink-agents-action-" + name, threads, loader);
        this.calls = pool("flink-agents-call-" + name, threads, loader);
        this.timer =
                new ScheduledThreadPoolExecutor(1, threads("flink-agents-timer-" + name, loader));
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Tasks and waits that were started and whose end was not collected yet. */
    int open() {
        return open;
    }

    /** Runs blocking calls. */
    Executor calls() {
        return calls;
    }

    /** Runs actions that are off the owner's thread. */
    Executor actions() {
        return actions;
    }

    /** Starts work; the future's value is the outcome, and it must not fail. */
    void start(K key, Supplier<CompletableFuture<Input>> work) {
        open++;
        track(work.get()).thenAccept(given -> put(new Outcome<>(key, given, true)));
    }

    /** Gives an input back after a while. */
    void after(long millis, K key, Input given) {
        open++;
        timer.schedule(
                () -> put(new Outcome<>(key, given, true)), millis, TimeUnit.MILLISECONDS);
    }

    /** Runs something after a while. */
    Future<?> schedule(Runnable task, long millis) {
        return timer.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /** Reports what happens before the end of a task. */
    void report(K key, Input given) {
        put(new Outcome<>(key, given, false));
    }

    /** What has happened since the last time. */
    List<Outcome<K>> collect() {
        isAwake.set(false);
        List<Outcome<K>> found = new ArrayList<>();
        for (Outcome<K> outcome; (outcome = outcomes.poll()) != null; ) {
            found.add(outcome);
            if (outcome.last()) {
                open--;
            }
        }
        return found;
    }

    /**
     * Makes a call as soon as there is room for it.
     *
     * @param call starts the call
     * @param timeoutMillis milliseconds that it may take
     * @param timeoutError makes the error of a call that takes longer
     */
    <T> CompletableFuture<T> limited(
            Supplier<CompletableFuture<T>> call,
            long timeoutMillis,
            Supplier<? extends RuntimeException> timeoutError) {
        CompletableFuture<T> result = track(new CompletableFuture<>());
        Runnable begin =
                () -> {
                    CompletableFuture<T> made = started(call);
                    Future<?> limit =
                            closed
                                    ? CompletableFuture.completedFuture(null)
                                    : schedule(
                                            () -> result.completeExceptionally(timeoutError.get()),
                                            timeoutMillis);
                    made.whenComplete((value, error) -> complete(result, value, error));
                    result.whenComplete(
                            (value, error) -> {
                                limit.cancel(false);
                                made.cancel(true);
                                next();
                            });
                };
        synchronized (waitingCalls) {
            if (freeCalls == 0) {
                waitingCalls.add(begin);
                return result;
            }
            freeCalls--;
        }
        begin.run();
        return result;
    }

    /** Ends all work and the threads; what takes no interruption is left to end by itself. */
    @Override
    public void close() {
        closed = true;
        actions.shutdownNow();
        calls.shutdownNow();
        timer.shutdownNow();
        underWay.forEach(work -> work.cancel(true));
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
            for (ExecutorService pool : List.of(actions, calls, timer)) {
                if (!pool.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    LOG.warn("A call takes no interruption; its thread ends with the call.");
                }
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private void put(Outcome<K> outcome) {
        outcomes.add(outcome);
        if (!closed && isAwake.compareAndSet(false, true)) {
            wake.run();
        }
    }

    private <T> CompletableFuture<T> track(CompletableFuture<T> work) {
        if (!work.isDone()) {
            underWay.add(work);
            work.whenComplete((value, error) -> underWay.remove(work));
        }
        return work;
    }

    private void next() {
        Runnable begin;
        synchronized (waitingCalls) {
            begin = waitingCalls.poll();
            if (begin == null) {
                freeCalls++;
                return;
            }
        }
        if (!closed) {
            begin.run();
        }
    }

    private static <T> CompletableFuture<T> started(Supplier<CompletableFuture<T>> call) {
        try {
            return call.get();
        } catch (Throwable error) {
            return CompletableFuture.failedFuture(error);
        }
    }

    private static <T> void complete(CompletableFuture<T> result, T value, Throwable error) {
        if (error == null) {
            result.complete(value);
        } else {
            result.completeExceptionally(error);
        }
    }

    private static ThreadPoolExecutor pool(String name, int threads, ClassLoader loader) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        threads(name, loader));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory threads(String name, ClassLoader loader) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            thread.setContextClassLoader(loader);
            return thread;
        };
    }
}

package org.apache.flink.agents.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.agents.api.exceptions.EnvironmentSetupException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.apache.flink.agents.bridge.wire.Hello;
import org.apache.flink.agents.bridge.wire.Json;

/**
 * A companion Python process and the calls that are open in it. It sees {@code hello(text)}, {@code
 * take(maxWaitMillis)} (requests and cancellations) and {@code finished(answers)}.
 */
final class PythonCalls implements Facade {

    private static final long START_SECONDS = 120;
    /** A process that does not even ask for work for so long is taken for dead. */
    private static final long DEAD_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long WATCH_SECONDS = 5;

    private final Answers requests = new Answers();
    private final Map<Long, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> greeted = new CompletableFuture<>();
    private final LockedGateway gateway;
    private final PythonProcess process;
    private volatile long lastTake = System.nanoTime();

    /**
     * Starts a process and waits until it is ready.
     *
     * @param executable the Python to start
     * @throws EnvironmentSetupException if it does not start, or is of another version
     */
    PythonCalls(String executable) {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        gateway = LockedGateway.start(this, token);
        try {
            process = new PythonProcess(executable, gateway.getListeningPort(), token);
        } catch (RuntimeException error) {
            gateway.close();
            throw error;
        }
        process.onExit().thenRun(() -> end(false));
        Thread watch = new Thread(this::watch, "flink-agents-python-watch");
        watch.setDaemon(true);
        watch.start();
        awaitGreeting(executable);
    }

    boolean isUsable() {
        return !ended.get();
    }

    /** Number for the next {@link #call}, by which it can be cancelled. */
    long nextNumber() {
        return numbers.incrementAndGet();
    }

    /** Makes a call; the answer, or that the process died, completes the future. */
    CompletableFuture<JsonNode> call(long number, ObjectNode request) {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        open.put(number, answer);
        requests.add(Json.write(request.put("id", number)));
        if (ended.get() && open.remove(number) != null) {
            answer.completeExceptionally(gone());
        }
        return answer;
    }

    /** Gives a call up, here and in Python; does nothing if it is finished. */
    void cancel(long number) {
        if (open.remove(number) != null) {
            requests.add(Json.write(Json.object().put("op", "cancel").put("id", number)));
        }
    }

    /** Stops the process; calls that are open fail. */
    void stop() {
        end(true);
    }

    long pid() {
        return process.pid();
    }

    @Override
    public String invoke(String method, List<Object> arguments) throws Exception {
        Object argument = arguments.size() == 1 ? arguments.get(0) : null;
        if (method.equals("take") && argument instanceof Long maxWaitMillis) {
            lastTake = System.nanoTime();
            return requests.take(maxWaitMillis);
        }
        if (method.equals("finished") && argument instanceof String answers) {
            for (JsonNode answer : Json.read(answers)) {
                Optional.ofNullable(open.remove(answer.path("id").asLong()))
                        .ifPresent(future -> future.complete(answer));
            }
            return null;
        }
        if (method.equals("hello") && argument instanceof String other) {
            Optional<String> problem = Hello.mismatch(Hello.read(other));
            if (problem.isPresent()) {
                greeted.completeExceptionally(new EnvironmentSetupException(problem.get()));
                throw new IllegalStateException(problem.get());
            }
            greeted.complete(null);
            return Hello.own().write();
        }
        throw Facade.unknown(method, arguments);
    }

    private void awaitGreeting(String executable) {
        try {
            greeted.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            stop();
            throw new EnvironmentSetupException(
                    "The companion Python process for Python chat models did not start: "
                            + error.getCause().getMessage());
        } catch (TimeoutException error) {
            end(false);
            throw new EnvironmentSetupException(
                    "%s was not ready within %d s. Check what it does in the log flink_agents.python."
                            .formatted(executable, START_SECONDS));
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            end(false);
            throw new ModelUnavailableException("The start of Python was interrupted.");
        }
    }

    private void watch() {
        while (!ended.get()) {
            try {
                process.onExit().get(WATCH_SECONDS, TimeUnit.SECONDS);
                return; // onExit() tells of it
            } catch (TimeoutException runs) {
                if (greeted.isDone() && System.nanoTime() - lastTake > DEAD_NANOS) {
                    end(false);
                }
            } catch (InterruptedException | ExecutionException error) {
                end(false);
            }
        }
    }

    private void end(boolean orderly) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        if (!orderly && !greeted.isDone()) {
            greeted.completeExceptionally(
                    new EnvironmentSetupException(
                            process.howItEnded()
                                    + ". It said: "
                                    + process.lastWords()
                                    + ". Check python.executable, and that pyflink-agents is "
                                    + "installed for it."));
        }
        ModelUnavailableException why = gone();
        process.stop(!orderly);
        gateway.close();
        for (Long number : List.copyOf(open.keySet())) {
            Optional.ofNullable(open.remove(number))
                    .ifPresent(future -> future.completeExceptionally(why));
        }
    }

    private ModelUnavailableException gone() {
        return new ModelUnavailableException(
                ("The companion Python process for Python chat models (process %d) is gone: %s. The "
                                + "next call starts another one; what it wrote is in the log "
                                + "flink_agents.python.")
                        .formatted(process.pid(), process.howItEnded()));
    }
}

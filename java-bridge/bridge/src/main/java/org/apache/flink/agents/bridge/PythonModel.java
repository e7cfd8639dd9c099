package org.apache.flink.agents.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.Secrets;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.bridge.wire.ForeignTool;
import org.apache.flink.agents.bridge.wire.Json;
import org.apache.flink.agents.bridge.wire.Messages;
import org.apache.flink.agents.bridge.wire.Redaction;
import org.apache.flink.agents.bridge.wire.WireError;

/**
 * A Python connection or setup as Java holds it: opened in the companion process, and opened again
 * after that died. Safe to use from several threads.
 */
public final class PythonModel implements AutoCloseable {

    /** Argument: seconds that a call may take in all. Default 600. */
    public static final String TIMEOUT_ARGUMENT = "bridge_timeout";

    /** Argument: folders and archives that Python imports from too; a list, or a text. */
    public static final String PATH_ARGUMENT = "python_path";

    private static final double DEFAULT_TIMEOUT_SECONDS = 600.0;
    private static final Set<String> OWN_ARGUMENTS =
            Set.of(
                    "module",
                    "clazz",
                    "python_clazz",
                    "prompt",
                    PythonExecutable.ARGUMENT,
                    PATH_ARGUMENT,
                    TIMEOUT_ARGUMENT);

    private final String kind;
    private final PythonClassName name;
    private final Map<String, Object> arguments;
    private final Redaction redaction;
    private final Object path;
    private final String executable;
    private final long timeoutMillis;

    private PythonModel(String kind, ResourceDescriptor descriptor) {
        this.kind = kind;
        name = PythonClassName.of(descriptor);
        arguments =
                descriptor.getInitialArguments().entrySet().stream()
                        .filter(a -> !OWN_ARGUMENTS.contains(Secrets.snakeCase(a.getKey())))
                        .collect(
                                Collectors.toMap(
                                        Map.Entry::getKey,
                                        Map.Entry::getValue,
                                        (first, second) -> second,
                                        LinkedHashMap::new));
        redaction = Redaction.of(arguments);
        executable = PythonExecutable.of(descriptor);
        Object given = descriptor.getArgument(PATH_ARGUMENT);
        path = given instanceof String text ? List.of(text.split(File.pathSeparator)) : given;
        double seconds = descriptor.getArgument(TIMEOUT_ARGUMENT, DEFAULT_TIMEOUT_SECONDS);
        timeoutMillis = Math.round(seconds * 1000);
    }

    /**
     * A connection.
     *
     * @throws IllegalArgumentException if the arguments name no Python class
     */
    public static PythonModel connection(ResourceDescriptor descriptor) {
        return new PythonModel("connection", descriptor);
    }

    /**
     * A setup.
     *
     * @throws IllegalArgumentException if the arguments name no Python class
     */
    public static PythonModel setup(ResourceDescriptor descriptor) {
        return new PythonModel("setup", descriptor);
    }

    /**
     * What Python tells of it: {@code parameters}, or {@code native_structured_output}. Waits for the
     * process if that has not started.
     *
     * @throws ModelException if the class cannot be imported or created
     */
    public Map<String, Object> describe() {
        try {
            return Json.map(value(PythonCompanions.with(this).opened(this).join()));
        } catch (CompletionException error) {
            throw error.getCause() instanceof RuntimeException cause ? cause : error;
        }
    }

    /**
     * Asks the model. When the future is cancelled, the Python task is too.
     *
     * @param executor where the process is started, which takes a second; not used otherwise
     */
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> parameters,
            Executor executor) {
        ObjectNode request = Json.object().put("op", "chat");
        Messages.write(request, "messages", messages);
        ForeignTool.write(request, tools);
        request.set("arguments", Json.tree(parameters));
        CompletableFuture<ChatMessage> answer = new CompletableFuture<>();
        PythonCompanion running = PythonCompanions.running(this);
        if (running != null) {
            ask(running, request, answer);
        } else {
            executor.execute(
                    () -> {
                        try {
                            ask(PythonCompanions.with(this), request, answer);
                        } catch (RuntimeException error) {
                            answer.completeExceptionally(error);
                        }
                    });
        }
        return answer;
    }

    /** Closes it in Python; the last one stops the process. */
    @Override
    public void close() {
        PythonCompanions.release(this);
    }

    String executable() {
        return executable;
    }

    ObjectNode openRequest(int maxInFlight) {
        ObjectNode request =
                Json.object()
                        .put("op", "open")
                        .put("type", kind)
                        .put("module", name.module())
                        .put("class", name.clazz())
                        .put("max_in_flight", maxInFlight);
        request.set("path", Json.tree(path));
        request.set("arguments", Json.tree(arguments));
        return request;
    }

    private void ask(
            PythonCompanion companion, ObjectNode request, CompletableFuture<ChatMessage> answer) {
        PythonCalls calls = companion.calls();
        long number = calls.nextNumber();
        request.put("resource", companion.number(this));
        calls.call(number, request)
                .orTimeout(timeoutMillis, TimeUnit.MILLISECONDS)
                .whenComplete((written, error) -> finish(written, error, answer));
        // Does nothing if the call is finished.
        answer.whenComplete((message, error) -> calls.cancel(number));
    }

    private void finish(JsonNode written, Throwable error, CompletableFuture<ChatMessage> answer) {
        try {
            if (error instanceof TimeoutException) {
                throw new ModelTimeoutException(
                        "Python chat model %s: no answer within %.1f s. Raise %s of the connection, "
                                        .formatted(name, timeoutMillis / 1000.0, TIMEOUT_ARGUMENT)
                                + "or set a time-out of the Python class below it.");
            }
            if (error != null) {
                answer.completeExceptionally(error);
            } else {
                answer.complete(Messages.read(value(written)));
            }
        } catch (RuntimeException failure) {
            answer.completeExceptionally(failure);
        }
    }

    private JsonNode value(JsonNode answer) {
        if (answer.path("ok").asBoolean()) {
            return answer.path("value");
        }
        throw WireError.read(answer.path("error"))
                .toException("Python chat model " + name + ": ", redaction);
    }
}

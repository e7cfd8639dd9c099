package org.apache.flink.agents.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.bridge.wire.ForeignTool;
import org.apache.flink.agents.bridge.wire.Hello;
import org.apache.flink.agents.bridge.wire.Json;
import org.apache.flink.agents.bridge.wire.Messages;
import org.apache.flink.agents.bridge.wire.Redaction;
import org.apache.flink.agents.bridge.wire.WireError;

/**
 * What a Python process sees of its companion JVM: the Java chat models.
 *
 * <p>{@code hello(text)}, {@code submit(requests)}, {@code take(maxWaitMillis)}, {@code cancel(id)}.
 * A request for a resource waits until that is open, so Python need not wait for it.
 */
final class JavaModels implements Facade, AutoCloseable {

    private static final int MAX_THREADS = 2_000;

    private final ChatThreads threads = new ChatThreads(MAX_THREADS);
    private final Answers answers = new Answers();
    private final Map<Long, OpenResource> resources = new ConcurrentHashMap<>();
    private final Map<Long, OpenCall> calls = new ConcurrentHashMap<>();

    private record OpenResource(CompletableFuture<Resource> resource, Redaction redaction) {}

    @Override
    public String invoke(String method, List<Object> arguments) throws Exception {
        Object argument = arguments.size() == 1 ? arguments.get(0) : null;
        if (method.equals("submit") && argument instanceof String requests) {
            Json.read(requests).forEach(this::start);
            return null;
        }
        if (method.equals("take") && argument instanceof Long maxWaitMillis) {
            return answers.take(maxWaitMillis);
        }
        if (method.equals("cancel") && argument instanceof Long id) {
            Optional.ofNullable(calls.remove(id)).ifPresent(OpenCall::cancel);
            return null;
        }
        if (method.equals("hello") && argument instanceof String other) {
            Optional<String> problem = Hello.mismatch(Hello.read(other));
            if (problem.isPresent()) {
                throw new IllegalStateException(problem.get());
            }
            return Hello.own().write();
        }
        throw Facade.unknown(method, arguments);
    }

    /** Closes what is open and ends the threads. */
    @Override
    public void close() {
        calls.values().forEach(OpenCall::cancel);
        resources.keySet().forEach(this::close);
        threads.shutdownNow();
    }

    private void start(JsonNode request) {
        long id = request.path("id").asLong();
        long resource = request.path("resource").asLong();
        switch (request.path("op").asText()) {
            case "open" -> open(id, resource, request);
            case "chat" -> chat(id, resource, request);
            case "close" -> {
                close(resource);
                answer(id, Json.object());
            }
            default ->
                    fail(
                            id,
                            new IllegalArgumentException("Unknown request: " + request.path("op")),
                            Redaction.NONE);
        }
    }

    private void open(long id, long number, JsonNode request) {
        Map<String, Object> arguments = Json.map(request.path("arguments"));
        Class<? extends Resource> type =
                request.path("type").asText().equals("setup")
                        ? BaseChatModelSetup.class
                        : BaseChatModelConnection.class;
        OpenResource open =
                new OpenResource(new CompletableFuture<>(), Redaction.of(arguments));
        resources.put(number, open);
        threads.execute(
                () -> {
                    try {
                        ResourceDescriptor descriptor =
                                new ResourceDescriptor(
                                        request.path("class").asText(), arguments);
                        Resource created = ResourceFactory.create(descriptor, type);
                        ObjectNode told = describe(created);
                        open.resource.complete(created);
                        answer(id, told);
                    } catch (Exception | LinkageError error) {
                        open.resource.completeExceptionally(error);
                        fail(id, error, open.redaction);
                    }
                });
    }

    private static ObjectNode describe(Resource resource) {
        ObjectNode told = Json.object();
        if (resource instanceof BaseChatModelSetup setup) {
            told.set("parameters", Json.tree(setup.getParameters()));
        } else if (resource instanceof BaseChatModelConnection connection) {
            told.put("native_structured_output", connection.nativeStructuredOutput());
        }
        return told;
    }

    private void chat(long id, long number, JsonNode request) {
        OpenResource open = resources.get(number);
        if (open == null) {
            fail(id, new IllegalStateException("The chat model is closed."), Redaction.NONE);
            return;
        }
        OpenCall call = new OpenCall(threads);
        calls.put(id, call);
        open.resource.whenCompleteAsync(
                (resource, error) -> {
                    if (error != null) {
                        finish(id, null, error, open.redaction);
                        return;
                    }
                    call.run(() -> ask(id, call, (BaseChatModelConnection) resource, request, open));
                },
                threads);
    }

    private void ask(
            long id,
            OpenCall call,
            BaseChatModelConnection connection,
            JsonNode request,
            OpenResource open) {
        try {
            CompletableFuture<ChatMessage> answer =
                    connection.chatAsync(
                            Messages.readAll(request.path("messages")),
                            ForeignTool.readAll(request.path("tools")),
                            Json.map(request.path("arguments")),
                            call);
            call.waitsFor(answer);
            answer.whenComplete((message, error) -> finish(id, message, error, open.redaction));
        } catch (Exception | LinkageError error) {
            finish(id, null, error, open.redaction);
        }
    }

    private void finish(long id, ChatMessage message, Throwable error, Redaction redaction) {
        if (calls.remove(id) == null) {
            return; // it was cancelled: nobody waits
        }
        if (error != null) {
            fail(id, error, redaction);
            return;
        }
        try {
            if (message == null) {
                throw new ModelRequestException("chat() returned null instead of a message.");
            }
            answer(id, Messages.write(message));
        } catch (RuntimeException unwritable) {
            fail(id, unwritable, redaction);
        }
    }

    private void close(long number) {
        OpenResource open = resources.remove(number);
        if (open != null) {
            open.resource.thenAcceptAsync(
                    resource -> {
                        try {
                            resource.close();
                        } catch (Exception error) {
                            throw new CompletionException(error);
                        }
                    },
                    threads);
        }
    }

    private void answer(long id, JsonNode value) {
        ObjectNode answer = Json.object().put("id", id).put("ok", true);
        answer.set("value", value);
        answers.add(Json.write(answer));
    }

    private void fail(long id, Throwable error, Redaction redaction) {
        ObjectNode answer = Json.object().put("id", id).put("ok", false);
        answer.set("error", WireError.of(error, redaction).write());
        answers.add(Json.write(answer));
    }
}

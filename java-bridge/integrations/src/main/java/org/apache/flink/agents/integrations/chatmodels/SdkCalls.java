package org.apache.flink.agents.integrations.chatmodels;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandle;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandles;
import org.apache.flink.agents.integrations.chatmodels.http.HttpAnswer;

/** Calls that go through an SDK, whose answers and errors are read here. Internal. */
public final class SdkCalls {

    private SdkCalls() {}

    /**
     * Sends a request and reads the answer.
     *
     * @param calls those in flight
     * @param call names the call in errors
     * @param sender sends the request, given the name of its handle
     * @param reader makes a message of the answer's JSON value; an {@link
     *     IllegalArgumentException} of it tells that it is none
     * @return fails with nothing but a {@link ModelException}; cancelling it ends the call
     */
    public static CompletableFuture<ChatMessage> send(
            CallHandles calls,
            ModelCall call,
            Function<String, CompletableFuture<?>> sender,
            Function<Object, ChatMessage> reader) {
        String name = calls.open();
        CallHandle handle = calls.get(name);
        CompletableFuture<?> sent;
        try {
            sent = sender.apply(name);
        } catch (RuntimeException e) {
            sent = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<ChatMessage> result = new CompletableFuture<>();
        sent.whenComplete(
                (ignored, error) -> {
                    calls.close(name);
                    complete(result, call, handle, error, reader);
                });
        result.whenComplete(
                (message, error) -> {
                    if (result.isCancelled()) {
                        handle.cancel();
                    }
                });
        return result;
    }

    /**
     * Reads the answer to the last attempt, whatever the SDK made of it.
     *
     * @param result takes the message or the failure
     * @param error why the SDK gave up, or null
     */
    public static void complete(
            CompletableFuture<ChatMessage> result,
            ModelCall call,
            CallHandle handle,
            Throwable error,
            Function<Object, ChatMessage> reader) {
        try {
            HttpAnswer answer = handle.answer();
            if (answer == null) {
                throw call.failure(unwrapped(error), Math.max(1, handle.attempts()));
            }
            if (answer.status() >= 300) {
                throw refused(answer, call, handle.attempts());
            }
            result.complete(read(answer, call, reader));
        } catch (ModelException e) {
            result.completeExceptionally(e);
        } catch (RuntimeException e) {
            result.completeExceptionally(call.outputError(e.toString(), ""));
        }
    }

    private static ChatMessage read(
            HttpAnswer answer, ModelCall call, Function<Object, ChatMessage> reader) {
        try {
            return reader.apply(Json.read(answer.body()));
        } catch (IllegalArgumentException e) {
            throw call.outputError(e.getMessage(), answer.text());
        }
    }

    private static ModelException refused(HttpAnswer answer, ModelCall call, int attempts) {
        Object body;
        try {
            body = Json.read(answer.body());
        } catch (IllegalArgumentException e) {
            body = answer.text();
        }
        String requestId = answer.header("x-request-id");
        if (requestId == null) {
            requestId = answer.header("request-id");
        }
        return call.statusError(answer.status(), body, requestId, attempts);
    }

    /**
     * Finds an error that came in place of an answer.
     *
     * @param answer the JSON value
     * @param content what every answer has
     * @throws ModelException if it is an error
     */
    public static void checkReported(Object answer, String content, ModelCall call) {
        Map<String, Object> given = Json.objectOrEmpty(answer);
        if (given.containsKey("error") && !given.containsKey(content)) {
            throw call.reportedError(given.get("error"));
        }
    }

    private static Throwable unwrapped(Throwable error) {
        Throwable found = error;
        while (found instanceof CompletionException && found.getCause() != null) {
            found = found.getCause();
        }
        return found == null ? new IllegalStateException("there was no attempt") : found;
    }
}

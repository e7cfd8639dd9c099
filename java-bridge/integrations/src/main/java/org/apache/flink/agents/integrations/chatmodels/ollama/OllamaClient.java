package org.apache.flink.agents.integrations.chatmodels.ollama;

import io.github.ollama4j.models.request.Auth;
import io.github.ollama4j.models.request.OllamaChatEndpointCaller;
import io.github.ollama4j.models.request.OllamaEndpointCaller;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.SdkCalls;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandle;
import org.apache.flink.agents.integrations.chatmodels.http.HttpCall;
import org.apache.flink.agents.integrations.chatmodels.http.HttpTransport;

/**
 * Requests as ollama4j makes them, sending and giving JSON as it is.
 *
 * <p>Of ollama4j, this uses what makes requests: address, headers, credentials. Its own {@code
 * chat()} cannot be used: it holds a thread and makes a new HTTP client for each call, carries out
 * the tool calls itself, takes of the tools' schemas nothing but the outermost names and types, and
 * has neither names and ids of tool results, nor {@code keep_alive} in seconds, nor a schema as
 * {@code format}.
 */
final class OllamaClient extends OllamaEndpointCaller implements AutoCloseable {

    private final HttpTransport transport = new HttpTransport();
    private final Duration timeout;

    /**
     * Creates a client, to be closed in the end.
     *
     * @param endpoint of the server
     * @param auth credentials, or null
     * @param timeout of a call
     */
    OllamaClient(String endpoint, Auth auth, Duration timeout) {
        super(endpoint, auth, Math.max(1, timeout.toSeconds()));
        this.timeout = timeout;
    }

    /**
     * Sends a request and reads the answer.
     *
     * @param request what to ask
     * @param call names the call in errors
     */
    CompletableFuture<ChatMessage> complete(OllamaRequest request, ModelCall call) {
        HttpRequest made =
                getRequestBuilderDefault(URI.create(getHost() + OllamaChatEndpointCaller.endpoint))
                        .build();
        HttpCall sent =
                new HttpCall(
                        made.uri(), made.headers().map(), Json.bytes(request.body()), timeout);
        CallHandle handle = new CallHandle();
        CompletableFuture<ChatMessage> result = new CompletableFuture<>();
        handle.attempt(() -> transport.send(sent))
                .whenComplete(
                        (ignored, error) ->
                                SdkCalls.complete(
                                        result,
                                        call,
                                        handle,
                                        error,
                                        answer -> {
                                            checkReported(answer, call);
                                            return OllamaMessages.from(answer, request);
                                        }));
        result.whenComplete(
                (message, error) -> {
                    if (result.isCancelled()) {
                        handle.cancel();
                    }
                });
        return result;
    }

    private static void checkReported(Object answer, ModelCall call) {
        var given = Json.objectOrEmpty(answer);
        if (Json.isSet(given.get("error"))) {
            int status = given.get("status") instanceof Integer told ? told : 500;
            throw call.statusError(status, given, null, 1);
        }
    }

    /** Not used: answers come as a whole. */
    @Override
    protected boolean parseResponseAndAddToBuffer(
            String line, StringBuilder response, StringBuilder thinking) {
        throw new UnsupportedOperationException("answers come as a whole");
    }

    @Override
    public void close() {
        transport.close();
    }
}

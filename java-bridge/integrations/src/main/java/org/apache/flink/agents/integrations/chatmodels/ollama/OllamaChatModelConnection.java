package org.apache.flink.agents.integrations.chatmodels.ollama;

import io.github.ollama4j.models.request.Auth;
import io.github.ollama4j.models.request.BasicAuth;
import io.github.ollama4j.models.request.BearerAuth;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.integrations.chatmodels.Arguments;
import org.apache.flink.agents.integrations.chatmodels.ClientChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.ollama.OllamaCall.ThinkingNotSupportedException;

/**
 * Connection to an Ollama server. Nothing is repeated here.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code endpoint}: the server's root, with user and password if it asks for them. Default
 *       {@code http://localhost:11434}. The environment variable {@code OLLAMA_HOST} is not read;
 *       {@code OLLAMA_API_KEY}, if set, is sent as a bearer token
 *   <li>{@code requestTimeout}: seconds for a call, above 0, default 10. The server has to wait for
 *       its turn, load the model and write the answer within that time
 * </ul>
 *
 * <p>A call may override any parameter. Fields of a chat request, such as {@code keep_alive} and
 * {@code think}, are sent as such and all others as options of the model. Without {@code think}, the
 * model thinks if it can. Besides, it takes {@code extract_reasoning} and {@code output_schema}.
 */
public class OllamaChatModelConnection extends ClientChatModelConnection {

    private final String endpoint;
    private final Duration timeout;
    private final List<String> secrets = new ArrayList<>();
    private final OllamaClient client;
    /** Models of this server that were found to be unable to think. */
    private final Set<String> cannotThink = ConcurrentHashMap.newKeySet();

    /**
     * Creates a connection.
     *
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public OllamaChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor,
                        "OllamaChatModelConnection",
                        Set.of("endpoint", "request_timeout"));
        String url = arguments.url("endpoint", "http://localhost:11434");
        timeout = arguments.seconds("request_timeout", Duration.ofSeconds(10));
        String user = userInfo(url);
        endpoint = user == null ? url : url.replaceFirst("//[^/@]*@", "//");
        client = new OllamaClient(endpoint, auth(user), timeout);
    }

    private static String userInfo(String url) {
        try {
            return URI.create(url).getRawUserInfo();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "OllamaChatModelConnection: endpoint is no URL. It is like "
                            + "http://localhost:11434.");
        }
    }

    private Auth auth(String userInfo) {
        if (userInfo != null) {
            String[] parts = userInfo.split(":", 2);
            String password = parts.length < 2 ? "" : parts[1];
            BasicAuth auth = new BasicAuth(decoded(parts[0]), decoded(password));
            secrets.add(password);
            secrets.add(decoded(password));
            secrets.add(auth.getAuthHeaderValue().replaceFirst("^Basic ", ""));
            return auth;
        }
        String key = System.getenv("OLLAMA_API_KEY");
        if (key == null || key.isBlank()) {
            return null;
        }
        secrets.add(key.strip());
        return new BearerAuth(key.strip());
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    protected CompletableFuture<ChatMessage> ask(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        ModelCall call =
                new OllamaCall(
                        String.valueOf(arguments.get("model")), endpoint, timeout, secrets);
        OllamaRequest made;
        try {
            made = OllamaRequest.of(messages, tools, arguments);
        } catch (IllegalArgumentException e) {
            throw call.unmade(e);
        }
        if (!made.mayThink()) {
            return client.complete(made, call);
        }
        if (cannotThink.contains(made.model())) {
            return client.complete(made.withoutThinking(), call);
        }
        return askToThink(made, call);
    }

    /** Asks the model to think, and once more without if it turns out that it cannot. */
    private CompletableFuture<ChatMessage> askToThink(OllamaRequest request, ModelCall call) {
        CompletableFuture<ChatMessage> result = new CompletableFuture<>();
        CompletableFuture<ChatMessage> first = client.complete(request, call);
        passCancel(result, first);
        first.whenComplete(
                (message, error) -> {
                    if (!(error instanceof ThinkingNotSupportedException)) {
                        pass(result, message, error);
                        return;
                    }
                    cannotThink.add(request.model());
                    CompletableFuture<ChatMessage> second =
                            client.complete(request.withoutThinking(), call);
                    passCancel(result, second);
                    second.whenComplete((answer, failure) -> pass(result, answer, failure));
                });
        return result;
    }

    private static void passCancel(
            CompletableFuture<ChatMessage> from, CompletableFuture<ChatMessage> to) {
        from.whenComplete(
                (message, error) -> {
                    if (error instanceof CancellationException) {
                        to.cancel(true);
                    }
                });
    }

    private static void pass(
            CompletableFuture<ChatMessage> result, ChatMessage message, Throwable error) {
        if (error == null) {
            result.complete(message);
        } else {
            result.completeExceptionally(error);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}

package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.integrations.chatmodels.Arguments;
import org.apache.flink.agents.integrations.chatmodels.ClientChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;

/**
 * Connection to Anthropic or to a server that speaks its Messages protocol.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code api_key}: the key. Default: the environment variable {@code ANTHROPIC_API_KEY}; one
 *       of both has to be set
 *   <li>{@code api_base_url}: where the API is, without {@code /v1/messages}. Default: the
 *       environment variable {@code ANTHROPIC_BASE_URL}, else {@code https://api.anthropic.com}
 *   <li>{@code max_retries}: how often the SDK repeats a request that failed for a reason that may
 *       pass. 0 or more, default 2
 *   <li>{@code timeout}: seconds for one attempt, above 0. Default: the SDK's, 600
 *   <li>{@code default_headers}: a map, sent with every request. Default none
 * </ul>
 *
 * <p>A call may override any parameter of the request, and takes {@code output_schema}, {@code
 * json_prefill}, {@code strict_tools}, {@code extra_headers}, {@code extra_query}, {@code extra_body}
 * and {@code timeout} besides. With {@code thinking}, no {@code temperature} but 1 is sent.
 */
public class AnthropicChatModelConnection extends ClientChatModelConnection {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    private final String apiKey;
    private final String baseUrl;
    private final Duration timeout;
    private final Map<String, String> headers;
    private final AnthropicClient client;

    /**
     * Creates a connection.
     *
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public AnthropicChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor,
                        "AnthropicChatModelConnection",
                        Set.of(
                                "api_key",
                                "api_base_url",
                                "max_retries",
                                "timeout",
                                "default_headers"));
        String environment = System.getenv("ANTHROPIC_BASE_URL");
        apiKey = arguments.key("api_key", "ANTHROPIC_API_KEY");
        baseUrl =
                arguments
                        .url(
                                "api_base_url",
                                environment == null || environment.isBlank()
                                        ? "https://api.anthropic.com"
                                        : environment)
                        .replaceFirst("/v1$", "");
        timeout = arguments.seconds("timeout", DEFAULT_TIMEOUT);
        headers = arguments.texts("default_headers");
        int maxRetries = arguments.whole("max_retries", 2L, 0, Integer.MAX_VALUE).intValue();
        client = new AnthropicClient(apiKey, baseUrl, timeout, maxRetries, headers);
    }

    @Override
    protected CompletableFuture<ChatMessage> ask(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        ModelCall unmade = call(arguments.get("model"), timeout, Map.of());
        try {
            AnthropicRequest request =
                    AnthropicRequest.of(messages, tools, arguments, headers.keySet());
            Duration limit =
                    request.options().timeout() == null ? timeout : request.options().timeout();
            return client.create(
                    request, call(request.model(), limit, request.options().headers()));
        } catch (IllegalArgumentException e) {
            throw unmade.unmade(e);
        }
    }

    private ModelCall call(Object asked, Duration limit, Map<String, String> extraHeaders) {
        List<String> secrets = new ArrayList<>(List.of(apiKey));
        secrets.addAll(headers.values());
        secrets.addAll(extraHeaders.values());
        return new AnthropicCall(String.valueOf(asked), baseUrl, limit, secrets);
    }

    @Override
    public void close() {
        client.close();
    }
}

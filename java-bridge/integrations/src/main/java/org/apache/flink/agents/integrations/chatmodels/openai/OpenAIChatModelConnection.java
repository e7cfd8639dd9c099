package org.apache.flink.agents.integrations.chatmodels.openai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
import org.apache.flink.agents.integrations.chatmodels.Provider;

/**
 * Connection to OpenAI or to a server that speaks its chat-completions protocol.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code api_key}: the key. Default: the environment variable {@code OPENAI_API_KEY}; one of
 *       both has to be set
 *   <li>{@code api_base_url}: where the API is, usually ending in {@code /v1}. Default: the
 *       environment variable {@code OPENAI_API_BASE_URL}, else {@code https://api.openai.com/v1}
 *   <li>{@code max_retries}: how often the SDK repeats a request that failed for a reason that may
 *       pass. 0 or more, default 2
 *   <li>{@code timeout}: seconds for one attempt, above 0. Default: the SDK's, 600
 *   <li>{@code default_headers}: a map, sent with every request. Default none
 *   <li>{@code model}: the model for setups that name none. Default none
 * </ul>
 *
 * <p>A call may override any parameter of the request, and takes {@code strict}, {@code
 * output_schema}, {@code extra_headers}, {@code extra_query}, {@code extra_body} and {@code timeout}
 * besides.
 */
public class OpenAIChatModelConnection extends ClientChatModelConnection {

    static final String DEFAULT_MODEL = "gpt-3.5-turbo";
    static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    private static final Provider PROVIDER =
            new Provider(
                    "OpenAI",
                    "a chat-completions server",
                    "api_base_url, which usually ends in /v1",
                    "api_key or OPENAI_API_KEY",
                    "timeout",
                    "max_retries",
                    ChatCompletionsParameters.OPTIONAL);

    private final String apiKey;
    private final String baseUrl;
    private final Duration timeout;
    private final Map<String, String> headers;
    private final String model;
    private final OpenAIClient client;

    /**
     * Creates a connection.
     *
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public OpenAIChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor,
                        "OpenAIChatModelConnection",
                        Set.of(
                                "api_key",
                                "api_base_url",
                                "max_retries",
                                "timeout",
                                "default_headers",
                                "model"));
        String environment = System.getenv("OPENAI_API_BASE_URL");
        apiKey = arguments.key("api_key", "OPENAI_API_KEY");
        baseUrl =
                arguments.url(
                        "api_base_url",
                        environment == null || environment.isBlank()
                                ? "https://api.openai.com/v1"
                                : environment);
        timeout = arguments.seconds("timeout", DEFAULT_TIMEOUT);
        headers = arguments.texts("default_headers");
        model = arguments.text("model");
        int maxRetries = arguments.whole("max_retries", 2L, 0, Integer.MAX_VALUE).intValue();
        client = new OpenAIClient(apiKey, baseUrl, timeout, maxRetries, headers);
    }

    /** The model for setups that name none, or null. */
    public String getModel() {
        return model;
    }

    @Override
    protected CompletableFuture<ChatMessage> ask(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> given) {
        Map<String, Object> arguments = new LinkedHashMap<>(given);
        if (arguments.get("model") == null) {
            arguments.put("model", model == null ? DEFAULT_MODEL : model);
        }
        ModelCall unmade = call(arguments.get("model"), timeout, Map.of());
        try {
            ChatCompletionsRequest request = ChatCompletionsRequest.of(messages, tools, arguments);
            return client.complete(
                    request,
                    call(
                            request.model(),
                            request.timeout(timeout),
                            request.options().headers()));
        } catch (IllegalArgumentException e) {
            throw unmade.unmade(e);
        }
    }

    private ModelCall call(Object asked, Duration limit, Map<String, String> extraHeaders) {
        List<String> secrets = new ArrayList<>(List.of(apiKey));
        secrets.addAll(headers.values());
        secrets.addAll(extraHeaders.values());
        return new ModelCall(PROVIDER, String.valueOf(asked), baseUrl, limit, secrets);
    }

    @Override
    public void close() {
        client.close();
    }
}

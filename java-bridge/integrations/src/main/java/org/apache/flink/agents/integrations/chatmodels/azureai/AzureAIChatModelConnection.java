package org.apache.flink.agents.integrations.chatmodels.azureai;

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
import org.apache.flink.agents.integrations.chatmodels.Provider;
import org.apache.flink.agents.integrations.chatmodels.openai.ChatCompletionsParameters;
import org.apache.flink.agents.integrations.chatmodels.openai.ChatCompletionsRequest;

/**
 * Connection to an endpoint of Azure AI or Azure OpenAI.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code endpoint}: URL of the resource, required, such as {@code
 *       https://NAME.REGION.inference.ai.azure.com}, {@code
 *       https://NAME.services.ai.azure.com/models} or {@code https://NAME.openai.azure.com}
 *   <li>{@code apiKey}: the key. Default: the environment variable {@code AZURE_OPENAI_API_KEY},
 *       which Microsoft's examples use; one of both has to be set
 *   <li>{@code apiVersion}: sent as {@code api-version}. Default: that of the URL; else, for the
 *       model inference API, {@code 2024-05-01-preview}; else none
 *   <li>{@code maxRetries}: how often the SDK repeats a request that failed for a reason that may
 *       pass. 0 or more, default 2
 *   <li>{@code timeout}: seconds for one attempt, above 0, default 600
 *   <li>{@code defaultHeaders}: a map, sent with every request. Default none
 * </ul>
 *
 * <p>A call may override any parameter of the request, and takes {@code strict}, {@code
 * output_schema}, {@code extra_headers}, {@code extra_query}, {@code extra_body} and {@code timeout}
 * besides.
 */
public class AzureAIChatModelConnection extends ClientChatModelConnection {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    private static final Provider PROVIDER =
            new Provider(
                    "Azure AI",
                    "an endpoint for chat models",
                    "endpoint, and that a model is deployed there by that name",
                    "apiKey or AZURE_OPENAI_API_KEY",
                    "timeout",
                    "maxRetries",
                    ChatCompletionsParameters.OPTIONAL);

    private final String apiKey;
    private final AzureEndpoint endpoint;
    private final Duration timeout;
    private final Map<String, String> headers;
    private final AzureAIClient client;

    /**
     * Creates a connection.
     *
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public AzureAIChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor,
                        "AzureAIChatModelConnection",
                        Set.of(
                                "endpoint",
                                "api_key",
                                "api_version",
                                "max_retries",
                                "timeout",
                                "default_headers"));
        endpoint =
                AzureEndpoint.of(
                        arguments.requiredText("endpoint"), arguments.text("api_version"));
        apiKey = arguments.key("api_key", "AZURE_OPENAI_API_KEY");
        timeout = arguments.seconds("timeout", DEFAULT_TIMEOUT);
        headers = arguments.texts("default_headers");
        int maxRetries = arguments.whole("max_retries", 2L, 0, Integer.MAX_VALUE).intValue();
        client = new AzureAIClient(apiKey, endpoint, timeout, maxRetries, headers);
    }

    @Override
    protected CompletableFuture<ChatMessage> ask(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
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
        return new ModelCall(
                PROVIDER, String.valueOf(asked), endpoint.baseUrl(), limit, secrets);
    }

    @Override
    public void close() {
        client.close();
    }
}

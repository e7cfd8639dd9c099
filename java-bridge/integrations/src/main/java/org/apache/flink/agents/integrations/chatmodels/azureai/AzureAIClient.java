package org.apache.flink.agents.integrations.chatmodels.azureai;

import com.azure.ai.inference.ChatCompletionsAsyncClient;
import com.azure.ai.inference.ChatCompletionsClientBuilder;
import com.azure.ai.inference.models.ChatCompletionsOptions;
import com.azure.core.http.policy.ExponentialBackoffOptions;
import com.azure.core.http.policy.RetryOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.SdkCalls;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandle;
import org.apache.flink.agents.integrations.chatmodels.openai.ChatCompletionsMessages;
import org.apache.flink.agents.integrations.chatmodels.openai.ChatCompletionsRequest;

/** Chat completions by the SDK of Azure AI Inference, sending and giving JSON as it is. */
final class AzureAIClient implements AutoCloseable {

    private final AzureTransport transport = new AzureTransport();
    private final Duration timeout;
    private final Map<String, String> headers;
    private final ChatCompletionsAsyncClient client;

    /**
     * Creates a client, to be closed in the end.
     *
     * @param apiKey the key
     * @param endpoint of the service
     * @param timeout of each attempt
     * @param maxRetries how often the SDK repeats a failed request
     * @param headers sent with every request
     */
    AzureAIClient(
            String apiKey,
            AzureEndpoint endpoint,
            Duration timeout,
            int maxRetries,
            Map<String, String> headers) {
        this.timeout = timeout;
        this.headers = headers;
        client =
                new ChatCompletionsClientBuilder()
                        .endpoint(endpoint.baseUrl())
                        .httpClient(transport)
                        .retryOptions(
                                new RetryOptions(
                                        new ExponentialBackoffOptions().setMaxRetries(maxRetries)))
                        .addPolicy(new AzurePolicy(endpoint, apiKey))
                        .buildAsyncClient();
    }

    /**
     * Sends a request and reads the answer.
     *
     * @param request what to ask
     * @param call names the call in errors
     */
    CompletableFuture<ChatMessage> complete(ChatCompletionsRequest request, ModelCall call) {
        Map<String, String> sentHeaders = new LinkedHashMap<>(headers);
        sentHeaders.putAll(request.options().headers());
        CallHandle handle = new CallHandle();
        AzureCall carried =
                new AzureCall(
                        handle,
                        Json.bytes(request.body()),
                        sentHeaders,
                        request.options().query(),
                        request.timeout(timeout));
        CompletableFuture<ChatMessage> result = new CompletableFuture<>();
        // What is asked goes with the call: see AzurePolicy.
        client.complete(new ChatCompletionsOptions(List.of()).setModel(request.model()))
                .contextWrite(context -> context.put(AzureCall.class, carried))
                .toFuture()
                .whenComplete(
                        (ignored, error) ->
                                SdkCalls.complete(
                                        result,
                                        call,
                                        handle,
                                        error,
                                        answer -> {
                                            SdkCalls.checkReported(answer, "choices", call);
                                            return ChatCompletionsMessages.from(
                                                    answer, request.model());
                                        }));
        result.whenComplete(
                (message, error) -> {
                    if (result.isCancelled()) {
                        handle.cancel();
                    }
                });
        return result;
    }

    @Override
    public void close() {
        transport.close();
    }
}

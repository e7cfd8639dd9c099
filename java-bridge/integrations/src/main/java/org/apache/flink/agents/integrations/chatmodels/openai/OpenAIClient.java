package org.apache.flink.agents.integrations.chatmodels.openai;

import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.core.ClientOptions;
import com.openai.core.JsonField;
import com.openai.core.JsonValue;
import com.openai.core.RequestOptions;
import com.openai.models.ChatModel;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageParam;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.SdkCalls;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandles;

/** Chat completions by the SDK of OpenAI, sending and giving JSON as it is. */
final class OpenAIClient implements AutoCloseable {

    private final CallHandles calls = new CallHandles();
    private final Duration timeout;
    private final OpenAIClientAsync client;

    /**
     * Creates a client, to be closed in the end.
     *
     * @param apiKey the key
     * @param baseUrl of the server
     * @param timeout of each attempt
     * @param maxRetries how often the SDK repeats a failed request
     * @param headers sent with every request
     */
    OpenAIClient(
            String apiKey,
            String baseUrl,
            Duration timeout,
            int maxRetries,
            Map<String, String> headers) {
        this.timeout = timeout;
        ClientOptions.Builder options =
                ClientOptions.builder()
                        .httpClient(new OpenAITransport(calls))
                        .apiKey(apiKey)
                        .baseUrl(baseUrl)
                        .maxRetries(maxRetries)
                        // The answer is read here, not by the SDK.
                        .checkJacksonVersionCompatibility(false);
        headers.forEach(options::replaceHeaders);
        client = new OpenAIClientAsyncImpl(options.build());
    }

    /**
     * Sends a request and reads the answer.
     *
     * @param request what to ask
     * @param call names the call in errors
     */
    CompletableFuture<ChatMessage> complete(ChatCompletionsRequest request, ModelCall call) {
        return SdkCalls.send(
                calls,
                call,
                handle -> {
                    RequestOptions options =
                            RequestOptions.builder().timeout(request.timeout(timeout)).build();
                    return client.chat()
                            .completions()
                            .withRawResponse()
                            .create(params(request, handle), options);
                },
                answer -> {
                    SdkCalls.checkReported(answer, "choices", call);
                    return ChatCompletionsMessages.from(answer, request.model());
                });
    }

    /** The SDK's types leave out what other servers know, so nothing of the body goes by them. */
    @SuppressWarnings("unchecked")
    private static ChatCompletionCreateParams params(
            ChatCompletionsRequest request, String handle) {
        ChatCompletionCreateParams.Builder params = ChatCompletionCreateParams.builder();
        request.body()
                .forEach(
                        (name, value) -> {
                            JsonValue json = JsonValue.fromJsonNode(Json.tree(value));
                            switch (name) {
                                case "messages" ->
                                        params.messages(
                                                (JsonField<List<ChatCompletionMessageParam>>)
                                                        (JsonField<?>) json);
                                case "model" ->
                                        params.model((JsonField<ChatModel>) (JsonField<?>) json);
                                default -> params.putAdditionalBodyProperty(name, json);
                            }
                        });
        request.options()
                .headers()
                .forEach((name, value) -> params.replaceAdditionalHeaders(name, value));
        request.options().query().forEach(params::putAdditionalQueryParam);
        params.putAdditionalHeader(CallHandles.HEADER, handle);
        return params.build();
    }

    @Override
    public void close() {
        client.close();
    }
}

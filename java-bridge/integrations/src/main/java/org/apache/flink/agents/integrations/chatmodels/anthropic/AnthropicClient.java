package org.apache.flink.agents.integrations.chatmodels.anthropic;

import com.anthropic.backends.AnthropicBackend;
import com.anthropic.client.AnthropicClientAsync;
import com.anthropic.client.AnthropicClientAsyncImpl;
import com.anthropic.core.ClientOptions;
import com.anthropic.core.JsonField;
import com.anthropic.core.JsonValue;
import com.anthropic.core.RequestOptions;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.MessageParam;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.SdkCalls;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandles;

/** Messages by the SDK of Anthropic, sending and giving JSON as it is. */
final class AnthropicClient implements AutoCloseable {

    private final CallHandles calls = new CallHandles();
    private final Duration timeout;
    private final AnthropicClientAsync client;

    /**
     * Creates a client, to be closed in the end.
     *
     * @param apiKey the key
     * @param baseUrl of the server
     * @param timeout of each attempt
     * @param maxRetries how often the SDK repeats a failed request
     * @param headers sent with every request
     */
    AnthropicClient(
            String apiKey,
            String baseUrl,
            Duration timeout,
            int maxRetries,
            Map<String, String> headers) {
        this.timeout = timeout;
        AnthropicTransport transport = new AnthropicTransport(calls);
        ClientOptions.Builder options =
                ClientOptions.builder()
                        .httpClient(transport)
                        .baseUrl(baseUrl)
                        .maxRetries(maxRetries)
                        // The answer is read here, not by the SDK.
                        .checkJacksonVersionCompatibility(false);
        AnthropicBackend.builder().apiKey(apiKey).build().applyCredentials(transport, options);
        headers.forEach(options::replaceHeaders);
        client = new AnthropicClientAsyncImpl(options.build());
    }

    /**
     * Sends a request and reads the answer.
     *
     * @param request what to ask
     * @param call names the call in errors
     */
    CompletableFuture<ChatMessage> create(AnthropicRequest request, ModelCall call) {
        return SdkCalls.send(
                calls,
                call,
                handle -> {
                    Duration limit =
                            request.options().timeout() == null
                                    ? timeout
                                    : request.options().timeout();
                    return client.messages()
                            .withRawResponse()
                            .create(
                                    params(request, handle),
                                    RequestOptions.builder().timeout(limit).build());
                },
                answer -> {
                    SdkCalls.checkReported(answer, "content", call);
                    ChatMessage message = AnthropicAnswer.from(answer, request.model());
                    message.setContent(withPrefill(message.getContent(), request.prefill()));
                    return message;
                });
    }

    /** The text after what was written for the model, which some servers repeat. */
    private static String withPrefill(String text, String prefill) {
        String starts = text.stripLeading();
        boolean repeated = !prefill.isEmpty() && starts.startsWith(prefill);
        return starts.isEmpty() || repeated ? text : prefill + text;
    }

    /** The SDK's types leave out what other servers know, so nothing of the body goes by them. */
    @SuppressWarnings("unchecked")
    private static MessageCreateParams params(AnthropicRequest request, String handle) {
        MessageCreateParams.Builder params = MessageCreateParams.builder();
        request.body()
                .forEach(
                        (name, value) -> {
                            JsonValue json = JsonValue.fromJsonNode(Json.tree(value));
                            switch (name) {
                                case "messages" ->
                                        params.messages(
                                                (JsonField<List<MessageParam>>)
                                                        (JsonField<?>) json);
                                // These two the SDK reads itself.
                                case "model" -> params.model(String.valueOf(value));
                                case "max_tokens" -> params.maxTokens(tokens(value));
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

    private static long tokens(Object value) {
        if (value instanceof Number number) {
            return number.longValue();
        }
        throw new IllegalArgumentException("max_tokens=" + value + " is no number");
    }

    @Override
    public void close() {
        client.close();
    }
}

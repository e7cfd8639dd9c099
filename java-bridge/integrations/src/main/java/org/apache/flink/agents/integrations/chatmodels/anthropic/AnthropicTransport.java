package org.apache.flink.agents.integrations.chatmodels.anthropic;

import com.anthropic.core.RequestOptions;
import com.anthropic.core.Timeout;
import com.anthropic.core.http.Headers;
import com.anthropic.core.http.HttpClient;
import com.anthropic.core.http.HttpRequest;
import com.anthropic.core.http.HttpRequestBody;
import com.anthropic.core.http.HttpResponse;
import com.anthropic.errors.AnthropicIoException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandles;
import org.apache.flink.agents.integrations.chatmodels.http.HttpAnswer;
import org.apache.flink.agents.integrations.chatmodels.http.HttpCall;
import org.apache.flink.agents.integrations.chatmodels.http.HttpTransport;

/** The transport below the SDK of Anthropic, which repeats requests above it. */
final class AnthropicTransport implements HttpClient {

    private final HttpTransport transport = new HttpTransport();
    private final CallHandles calls;

    AnthropicTransport(CallHandles calls) {
        this.calls = calls;
    }

    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
        return executeAsync(request, options).join();
    }

    @Override
    public CompletableFuture<HttpResponse> executeAsync(
            HttpRequest request, RequestOptions options) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String name : request.headers().names()) {
            headers.put(name, request.headers().values(name));
        }
        List<String> named = headers.remove(CallHandles.HEADER);
        HttpRequestBody body = request.body().orElse(null);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (body != null) {
            body.writeTo(bytes);
            headers.putIfAbsent("Content-Type", List.of(body.contentType()));
        }
        HttpCall call =
                new HttpCall(
                        URI.create(request.url()),
                        headers,
                        bytes.toByteArray(),
                        options.timeout().map(Timeout::request).orElse(Duration.ZERO));
        return calls.attempt(named == null ? null : named.get(0), () -> transport.send(call))
                .handle(
                        (answer, error) -> {
                            if (error == null) {
                                return new Response(answer);
                            }
                            Throwable cause =
                                    error instanceof CompletionException
                                            ? error.getCause()
                                            : error;
                            // The SDK repeats what failed with an error of this class.
                            throw cause instanceof IOException
                                    ? new AnthropicIoException("no answer", cause)
                                    : new CompletionException(cause);
                        });
    }

    @Override
    public void close() {
        transport.close();
    }

    private record Response(HttpAnswer answer) implements HttpResponse {

        @Override
        public int statusCode() {
            return answer.status();
        }

        @Override
        public Headers headers() {
            Headers.Builder headers = Headers.builder();
            answer.headers().forEach(headers::put);
            return headers.build();
        }

        @Override
        public InputStream body() {
            return new ByteArrayInputStream(answer.body());
        }

        @Override
        public void close() {}
    }
}

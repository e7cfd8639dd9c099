package org.apache.flink.agents.integrations.chatmodels.openai;

import com.openai.core.RequestOptions;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpRequestBody;
import com.openai.core.http.HttpResponse;
import com.openai.errors.OpenAIIoException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandles;
import org.apache.flink.agents.integrations.chatmodels.http.HttpAnswer;
import org.apache.flink.agents.integrations.chatmodels.http.HttpCall;
import org.apache.flink.agents.integrations.chatmodels.http.HttpTransport;

/** The transport below the SDK of OpenAI, which repeats requests above it. */
final class OpenAITransport implements HttpClient {

    private final HttpTransport transport = new HttpTransport();
    private final CallHandles calls;

    OpenAITransport(CallHandles calls) {
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
        HttpRequestBody body = request.body();
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
                        options.getTimeout().request());
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
                                    ? new OpenAIIoException("no answer", cause)
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

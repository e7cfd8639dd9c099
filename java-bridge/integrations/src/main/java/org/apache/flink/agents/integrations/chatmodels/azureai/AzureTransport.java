package org.apache.flink.agents.integrations.chatmodels.azureai;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.integrations.chatmodels.http.HttpAnswer;
import org.apache.flink.agents.integrations.chatmodels.http.HttpCall;
import org.apache.flink.agents.integrations.chatmodels.http.HttpTransport;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The transport below the SDK of Azure, whose policy for repetitions works above it. */
final class AzureTransport implements HttpClient, AutoCloseable {

    private final HttpTransport transport = new HttpTransport();

    @Override
    public Mono<HttpResponse> send(HttpRequest request) {
        return Mono.deferContextual(
                context -> {
                    AzureCall given = context.get(AzureCall.class);
                    Map<String, List<String>> headers = new LinkedHashMap<>();
                    for (HttpHeader header : request.getHeaders()) {
                        headers.put(header.getName(), header.getValuesList());
                    }
                    HttpCall call =
                            new HttpCall(
                                    URI.create(request.getUrl().toString()),
                                    headers,
                                    request.getBodyAsBinaryData().toBytes(),
                                    given.timeout());
                    return Mono.fromFuture(given.handle().attempt(() -> transport.send(call)))
                            .map(answer -> new Response(request, answer));
                });
    }

    @Override
    public void close() {
        transport.close();
    }

    private static final class Response extends HttpResponse {

        private final HttpAnswer answer;
        private final HttpHeaders headers = new HttpHeaders();

        Response(HttpRequest request, HttpAnswer answer) {
            super(request);
            this.answer = answer;
            answer.headers()
                    .forEach((name, values) -> headers.set(HttpHeaderName.fromString(name), values));
        }

        @Override
        public int getStatusCode() {
            return answer.status();
        }

        @Override
        @Deprecated
        public String getHeaderValue(String name) {
            return headers.getValue(HttpHeaderName.fromString(name));
        }

        @Override
        public HttpHeaders getHeaders() {
            return headers;
        }

        @Override
        public Flux<ByteBuffer> getBody() {
            return Flux.just(ByteBuffer.wrap(answer.body()));
        }

        @Override
        public Mono<byte[]> getBodyAsByteArray() {
            return Mono.just(answer.body());
        }

        @Override
        public Mono<String> getBodyAsString() {
            return getBodyAsString(StandardCharsets.UTF_8);
        }

        @Override
        public Mono<String> getBodyAsString(Charset charset) {
            return Mono.just(new String(answer.body(), charset));
        }
    }
}

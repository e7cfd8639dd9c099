package org.apache.flink.agents.integrations.chatmodels.azureai;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.UrlBuilder;
import java.net.MalformedURLException;
import reactor.core.publisher.Mono;

/**
 * Makes the request what it has to be, for what the SDK cannot say.
 *
 * <p>The SDK drops all parameters of a request that it has no types for, sends the key both ways at
 * once, which some services refuse, and always adds an {@code api-version}, which some do not know.
 */
final class AzurePolicy implements HttpPipelinePolicy {

    private static final HttpHeaderName API_KEY = HttpHeaderName.fromString("api-key");

    private final AzureEndpoint endpoint;
    private final String apiKey;

    AzurePolicy(AzureEndpoint endpoint, String apiKey) {
        this.endpoint = endpoint;
        this.apiKey = apiKey;
    }

    @Override
    public Mono<HttpResponse> process(
            HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
        return Mono.deferContextual(
                view -> {
                    AzureCall call = view.get(AzureCall.class);
                    HttpRequest request = context.getHttpRequest();
                    if (endpoint.bearer()) {
                        request.setHeader(HttpHeaderName.AUTHORIZATION, "Bearer " + apiKey);
                    } else {
                        request.setHeader(API_KEY, apiKey);
                    }
                    call.headers()
                            .forEach(
                                    (name, value) ->
                                            request.setHeader(
                                                    HttpHeaderName.fromString(name), value));
                    UrlBuilder url = UrlBuilder.parse(request.getUrl()).clearQuery();
                    if (endpoint.apiVersion() != null) {
                        url.setQueryParameter("api-version", endpoint.apiVersion());
                    }
                    call.query().forEach(url::setQueryParameter);
                    try {
                        request.setUrl(url.toUrl());
                    } catch (MalformedURLException e) {
                        return Mono.error(new IllegalArgumentException(e.getMessage(), e));
                    }
                    request.setBody(call.body());
                    return next.process();
                });
    }
}

package org.apache.flink.agents.integrations.chatmodels.azureai;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which URL a chat goes to, and how the key is sent there.
 *
 * <pre>
 * https://NAME.REGION.inference.ai.azure.com   /chat/completions, model inference API
 * https://NAME.services.ai.azure.com/models    /models/chat/completions, the same API
 * https://NAME.services.ai.azure.com           /openai/v1/chat/completions
 * https://NAME.openai.azure.com                /openai/v1/chat/completions
 * a URL with /openai/deployments/MODEL         as it is given; needs an api-version
 * any other                                    as it is given
 * </pre>
 *
 * @param baseUrl what {@code /chat/completions} is added to
 * @param apiVersion sent as the query parameter {@code api-version}; null to send none
 * @param bearer send the key as {@code Authorization: Bearer}, instead of {@code api-key}
 */
record AzureEndpoint(String baseUrl, String apiVersion, boolean bearer) {

    /** Of the model inference API, the newest that all its endpoints know. */
    private static final String INFERENCE_API_VERSION = "2024-05-01-preview";

    /**
     * Hosts with one model each. They know the key as a bearer token only; all other services of
     * Azure know it as {@code api-key}, and would take a bearer token for one of Entra ID.
     */
    private static final Pattern SERVERLESS =
            Pattern.compile("\\.(?:inference\\.ai|models\\.ai)\\.azure\\.com$");

    private static final Pattern AZURE_OPENAI =
            Pattern.compile("\\.(?:openai|cognitiveservices)\\.azure\\.com$");
    private static final Pattern FOUNDRY = Pattern.compile("\\.services\\.ai\\.azure\\.com$");
    private static final Pattern VERSION = Pattern.compile("(?:^|&)api-version=([^&]+)");

    /**
     * Finds out what kind of endpoint it is.
     *
     * @param endpoint a URL; {@code /chat/completions} and {@code ?api-version=} at its end are
     *     understood
     * @param givenVersion wins over the one of the URL; or null
     * @throws IllegalArgumentException if it is no URL, or there is no version where one is needed
     */
    static AzureEndpoint of(String endpoint, String givenVersion) {
        URI url;
        try {
            url = URI.create(endpoint.strip());
        } catch (IllegalArgumentException e) {
            throw noUrl();
        }
        String host = url.getHost();
        if (host == null || !("https".equals(url.getScheme()) || "http".equals(url.getScheme()))) {
            throw noUrl();
        }
        String path =
                url.getRawPath().replaceFirst("/+$", "").replaceFirst("/chat/completions$", "");
        String version = givenVersion;
        if (version == null && url.getRawQuery() != null) {
            Matcher found = VERSION.matcher(url.getRawQuery());
            version = found.find() ? found.group(1) : null;
        }
        boolean serverless = SERVERLESS.matcher(host).find();
        boolean foundry = FOUNDRY.matcher(host).find();
        if ((foundry || AZURE_OPENAI.matcher(host).find())
                && (path.isEmpty() || path.equals("/openai"))) {
            path = "/openai/v1";
        } else if (serverless || foundry && path.equals("/models")) {
            version = version == null ? INFERENCE_API_VERSION : version;
        } else if (path.contains("/openai/deployments/") && version == null) {
            throw new IllegalArgumentException(
                    "AzureAIChatModelConnection: an endpoint with /openai/deployments/ needs an "
                            + "api_version, such as 2024-10-21. Or leave that part out: then the "
                            + "API without versions is used.");
        }
        String baseUrl = url.getScheme() + "://" + url.getRawAuthority() + path;
        return new AzureEndpoint(baseUrl, version, serverless);
    }

    private static IllegalArgumentException noUrl() {
        return new IllegalArgumentException(
                "AzureAIChatModelConnection: endpoint is no URL: it starts with https://.");
    }
}

package org.apache.flink.agents.integrations.chatmodels;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one request has of its own beside its body. Internal.
 *
 * @param headers by name
 * @param query parameters of the URL
 * @param timeout of each attempt, or null
 */
public record RequestOptions(
        Map<String, String> headers, Map<String, String> query, Duration timeout) {

    /**
     * Takes {@code extra_headers}, {@code extra_query} and {@code timeout} (seconds) out of the
     * arguments of a call.
     *
     * @throws IllegalArgumentException if the timeout is no number above 0
     */
    public static RequestOptions take(Map<String, Object> arguments) {
        Object timeout = arguments.remove("timeout");
        return new RequestOptions(
                texts(arguments.remove("extra_headers")),
                texts(arguments.remove("extra_query")),
                timeout == null ? null : Arguments.seconds("timeout", timeout));
    }

    private static Map<String, String> texts(Object given) {
        Map<String, String> texts = new LinkedHashMap<>();
        Json.objectOrEmpty(given)
                .forEach((name, value) -> texts.put(name, String.valueOf(value)));
        return texts;
    }
}

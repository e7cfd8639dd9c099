package org.apache.flink.agents.integrations.chatmodels.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A whole answer to a request. Internal.
 *
 * @param status the HTTP status
 * @param headers by lower-case name
 * @param body all its bytes
 */
public record HttpAnswer(int status, Map<String, List<String>> headers, byte[] body) {

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * The first value of a header.
     *
     * @param name in lower case
     * @return the value, or null
     */
    public String header(String name) {
        List<String> values = headers.get(name);
        return values == null || values.isEmpty() ? null : values.get(0);
    }
}

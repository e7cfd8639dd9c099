package org.apache.flink.agents.integrations.chatmodels;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a recorded server answers.
 *
 * @param status the HTTP status
 * @param headers further headers
 * @param body the text
 * @param kind how it is sent
 * @param delayMillis how long the server waits before
 */
record Answer(
        int status, Map<String, String> headers, String body, Kind kind, long delayMillis) {

    enum Kind {
        WHOLE,
        HALF,
        RESET,
        SILENCE
    }

    static Answer json(Object body) {
        return status(200, body);
    }

    static Answer status(int status, Object body) {
        return new Answer(status, Map.of(), Json.write(body), Kind.WHOLE, 0);
    }

    static Answer text(int status, String body) {
        return new Answer(status, Map.of(), body, Kind.WHOLE, 0);
    }

    static Answer of(Kind kind) {
        return new Answer(200, Map.of(), "{\"half\": \"of an answer", kind, 0);
    }

    Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, more, body, kind, delayMillis);
    }

    Answer after(long millis) {
        return new Answer(status, headers, body, kind, millis);
    }
}

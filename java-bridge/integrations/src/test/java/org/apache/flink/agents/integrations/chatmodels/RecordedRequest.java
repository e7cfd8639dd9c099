package org.apache.flink.agents.integrations.chatmodels;

import java.util.Locale;
import java.util.Map;

/** A request as a server saw it; headers by lower-case name. */
record RecordedRequest(
        String method, String path, String query, Map<String, String> headers, String text) {

    String header(String name) {
        return headers.get(name.toLowerCase(Locale.ROOT));
    }

    Map<String, Object> body() {
        return Json.object(Json.read(text));
    }
}

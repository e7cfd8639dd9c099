package org.apache.flink.agents.api.resource;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The kinds of resources. */
public enum ResourceType {
    CHAT_MODEL,
    CHAT_MODEL_CONNECTION,
    TOOL,
    EMBEDDING_MODEL,
    EMBEDDING_MODEL_CONNECTION,
    VECTOR_STORE,
    PROMPT,
    MCP_SERVER;

    /** The name in JSON and in errors, such as {@code chat_model}. */
    @JsonValue
    public String getValue() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The type of that name in JSON.
     *
     * @throws IllegalArgumentException if there is none
     */
    @JsonCreator
    public static ResourceType fromValue(String value) {
        return valueOf(value.toUpperCase(Locale.ROOT));
    }
}

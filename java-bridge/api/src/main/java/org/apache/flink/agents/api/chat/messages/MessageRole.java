package org.apache.flink.agents.api.chat.messages;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Who speaks in a {@link ChatMessage}. */
public enum MessageRole {
    SYSTEM,
    USER,
    ASSISTANT,
    TOOL;

    /** The name in JSON, in lower case. */
    @JsonValue
    public String getValue() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The role of that name in JSON.
     *
     * @throws IllegalArgumentException if there is none
     */
    @JsonCreator
    public static MessageRole fromValue(String value) {
        return valueOf(value.toUpperCase(Locale.ROOT));
    }
}

package org.apache.flink.agents.api.chat.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;

/** A piece of text in a message of several parts. */
public record TextPart(@JsonProperty("text") String text) implements MessagePart {
    public TextPart {
        Objects.requireNonNull(text, "text");
    }
}

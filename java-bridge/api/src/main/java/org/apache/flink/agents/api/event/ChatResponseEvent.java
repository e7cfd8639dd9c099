package org.apache.flink.agents.api.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.chat.messages.ChatMessage;

/** The answer to a {@link ChatRequestEvent}. */
public class ChatResponseEvent extends Event {
    private final UUID requestId;
    private final ChatMessage response;

    /**
     * @param requestId id of the request event
     * @param response the assistant's message. When the request failed and the job goes on, its
     *     content is empty and its extra argument {@code error} says what happened
     */
    @JsonCreator
    public ChatResponseEvent(
            @JsonProperty("request_id") UUID requestId,
            @JsonProperty("response") ChatMessage response) {
        this.requestId = requestId;
        this.response = response;
    }

    /** Id of the request event. */
    @JsonProperty("request_id")
    public UUID getRequestId() {
        return requestId;
    }

    /** The assistant's message. */
    public ChatMessage getResponse() {
        return response;
    }
}

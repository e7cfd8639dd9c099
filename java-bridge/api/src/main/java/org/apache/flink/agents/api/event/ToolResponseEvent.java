package org.apache.flink.agents.api.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.tools.ToolResponse;

/** The results of a {@link ToolRequestEvent}. */
public class ToolResponseEvent extends Event {
    private final UUID requestId;
    private final Map<String, ToolResponse> responses;
    private final Map<String, String> externalIds;

    /**
     * @param requestId id of the request event
     * @param responses result of each call by the call's id
     * @param externalIds the provider's own id of each call by the call's id; a call without one is
     *     left out or null
     */
    @JsonCreator
    public ToolResponseEvent(
            @JsonProperty("request_id") UUID requestId,
            @JsonProperty("responses") Map<String, ToolResponse> responses,
            @JsonProperty("external_ids") Map<String, String> externalIds) {
        this.requestId = requestId;
        this.responses = new LinkedHashMap<>(responses);
        this.externalIds = externalIds == null ? Map.of() : new LinkedHashMap<>(externalIds);
    }

    /** Id of the request event. */
    @JsonProperty("request_id")
    public UUID getRequestId() {
        return requestId;
    }

    /** Result of each call by the call's id. */
    public Map<String, ToolResponse> getResponses() {
        return responses;
    }

    /** The provider's own id of each call, if it had one, by the call's id. */
    @JsonProperty("external_ids")
    public Map<String, String> getExternalIds() {
        return externalIds;
    }
}

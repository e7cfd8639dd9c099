package org.apache.flink.agents.api.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;

/** Calls tools. */
public class ToolRequestEvent extends Event {
    private final String model;
    private final List<Map<String, Object>> toolCalls;

    /**
     * @param model name of the chat-model setup on whose behalf the tools are called
     * @param toolCalls the calls, each {@code {"id", "type": "function", "function": {"name",
     *     "arguments"}, "original_id"}}, as in an assistant message
     */
    @JsonCreator
    public ToolRequestEvent(
            @JsonProperty("model") String model,
            @JsonProperty("tool_calls") List<Map<String, Object>> toolCalls) {
        this.model = model;
        this.toolCalls = List.copyOf(toolCalls);
    }

    /** Name of the chat-model setup. */
    public String getModel() {
        return model;
    }

    /** The calls. */
    @JsonProperty("tool_calls")
    public List<Map<String, Object>> getToolCalls() {
        return toolCalls;
    }
}

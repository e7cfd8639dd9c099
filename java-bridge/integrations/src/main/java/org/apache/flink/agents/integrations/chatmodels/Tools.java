package org.apache.flink.agents.integrations.chatmodels;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.agents.api.tools.Tool;

/** Tools in the form that OpenAI defined and most providers took over. Internal. */
public final class Tools {

    private Tools() {}

    /** The schema of a tool's arguments. */
    public static Map<String, Object> schema(Tool tool) {
        return new LinkedHashMap<>(tool.getMetadata().getParameters());
    }

    /**
     * A tool as chat-completion requests describe it.
     *
     * @param tool the tool
     * @param schema of its arguments
     * @return {@code {"type": "function", "function": {"name", "description", "parameters"}}}
     */
    public static Map<String, Object> describe(Tool tool, Map<String, Object> schema) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", tool.getMetadata().getName());
        function.put("description", tool.getMetadata().getDescription());
        function.put("parameters", schema);
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("type", "function");
        described.put("function", function);
        return described;
    }
}

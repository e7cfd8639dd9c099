package org.apache.flink.agents.bridge.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.api.tools.ToolMetadata;
import org.apache.flink.agents.api.tools.ToolParameters;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.apache.flink.agents.api.tools.ToolType;

/** A tool of the other language: a model is told about it here, and it is called there. */
public final class ForeignTool extends Tool {
    private static final long serialVersionUID = 1L;

    private ForeignTool(ToolMetadata metadata) {
        super(metadata);
    }

    /** Reads tools; the schemas are kept word for word. */
    public static List<Tool> readAll(JsonNode written) {
        List<Tool> tools = new ArrayList<>();
        for (JsonNode tool : written) {
            tools.add(
                    new ForeignTool(
                            new ToolMetadata(
                                    tool.path("name").asText(),
                                    tool.path("description").asText(""),
                                    Json.write(tool.path("parameters")))));
        }
        return tools;
    }

    /** Writes tools as the member {@code tools}. */
    public static void write(ObjectNode into, List<Tool> tools) {
        ArrayNode written = into.putArray("tools");
        for (Tool tool : tools) {
            written.addObject()
                    .put("name", tool.getName())
                    .put("description", tool.getDescription())
                    .set("parameters", Json.read(tool.getMetadata().getInputSchema()));
        }
    }

    @Override
    public ToolType getToolType() {
        return ToolType.REMOTE_FUNCTION;
    }

    @Override
    public ToolResponse call(ToolParameters parameters) {
        throw new UnsupportedOperationException(
                "Tool '" + getName() + "' belongs to the other side of the bridge, which calls it.");
    }
}

package org.apache.flink.agents.api.tools;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The kinds of tools. */
public enum ToolType {
    MODEL_BUILT_IN,
    FUNCTION,
    REMOTE_FUNCTION,
    MCP;

    /** The name in JSON, such as {@code function}. */
    @JsonValue
    public String getValue() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.apache.flink.agents.api.tools;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.agents.api.json.JsonTypes;

/** The arguments that a model gave to a tool, by name, as JSON values. */
public final class ToolParameters {
    private final Map<String, Object> parameters;

    public ToolParameters() {
        this(Map.of());
    }

    public ToolParameters(Map<String, Object> parameters) {
        this.parameters = new LinkedHashMap<>(parameters);
    }

    /** The arguments by name. */
    public Map<String, Object> toMap() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Whether an argument was given, be it null. */
    public boolean hasParameter(String name) {
        return parameters.containsKey(name);
    }

    /** An argument as it was given, or null. */
    public Object getParameter(String name) {
        return parameters.get(name);
    }

    /**
     * An argument as a class, or null if it was not given.
     *
     * @throws org.apache.flink.agents.api.exceptions.ToolArgumentsException if it cannot be read so
     */
    public <T> T getParameter(String name, Class<T> type) {
        return type.cast(JsonTypes.convert("'" + name + "'", parameters.get(name), type));
    }

    @Override
    public String toString() {
        return parameters.toString();
    }
}

package org.apache.flink.agents.api.tools;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.agents.api.json.JsonValues;

/** What a model is told about a tool. */
@JsonIgnoreProperties(ignoreUnknown = true)
public final class ToolMetadata implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String description;
    private final String inputSchema;
    private transient volatile Map<String, Object> parameters;

    /**
     * @param name the name by which the model calls it
     * @param description what it does, for the model; null is empty
     * @param inputSchema its arguments: the text of a JSON schema of type {@code object}
     * @throws IllegalArgumentException if the schema is not a JSON object
     */
    @JsonCreator
    public ToolMetadata(
            @JsonProperty("name") String name,
            @JsonProperty("description") String description,
            @JsonProperty("input_schema") String inputSchema) {
        this.name = Objects.requireNonNull(name, "name");
        this.description = description == null ? "" : description;
        this.inputSchema = Objects.requireNonNull(inputSchema, "inputSchema");
        this.parameters = JsonValues.readObject("The schema of tool '" + name + "'", inputSchema);
    }

    public String getName() {
        return name;
    }

    public String getDescription() {
        return description;
    }

    /** The JSON schema of the arguments, as text. */
    @JsonProperty("input_schema")
    public String getInputSchema() {
        return inputSchema;
    }

    /** The JSON schema of the arguments, as a map that must not be changed. */
    @JsonIgnore
    public Map<String, Object> getParameters() {
        if (parameters == null) {
            parameters = JsonValues.readObject("The schema of tool '" + name + "'", inputSchema);
        }
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ToolMetadata that
                && name.equals(that.name)
                && description.equals(that.description)
                && getParameters().equals(that.getParameters());
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, description);
    }

    @Override
    public String toString() {
        return "ToolMetadata(" + name + ", " + inputSchema + ")";
    }
}

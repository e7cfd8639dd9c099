package org.apache.flink.agents.api.agents;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.agents.api.json.AnswerReader;
import org.apache.flink.agents.api.json.JsonValues;
import org.apache.flink.agents.api.resource.ClassNames;

/**
 * A class or a Flink row type that the answer of a model is read as.
 *
 * <p>Written as JSON it is {@code {"class": name}}, or {@code {"row": [[name, type], ...]}}.
 */
public final class OutputSchema implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String className;
    private final String row;
    private transient volatile AnswerReader reader;

    private OutputSchema(String className, String row, AnswerReader reader) {
        this.className = className;
        this.row = row;
        this.reader = reader;
    }

    /**
     * @param schema a record or bean class, a Flink {@code RowTypeInfo}, an {@code OutputSchema},
     *     or null
     * @return null for null
     * @throws IllegalArgumentException if it is none of these, or has fields that JSON cannot hold
     */
    public static OutputSchema of(Object schema) {
        if (schema == null || schema instanceof OutputSchema) {
            return (OutputSchema) schema;
        }
        if (schema instanceof Class<?> type) {
            return new OutputSchema(type.getName(), null, AnswerReader.ofClass(type));
        }
        if (AnswerReader.isRowType(schema)) {
            String described = AnswerReader.describeRow(schema);
            return new OutputSchema(null, described, AnswerReader.ofRow(described));
        }
        throw new IllegalArgumentException(
                "An output schema is a record, a bean class or a Flink RowTypeInfo, not a value of "
                        + schema.getClass().getName()
                        + ". Give YourClass.class.");
    }

    @JsonCreator
    static OutputSchema fromJson(Map<String, Object> json) {
        if (json.get("class") instanceof String name) {
            return new OutputSchema(name, null, null);
        }
        if (json.get("row") instanceof List<?> fields) {
            return new OutputSchema(null, JsonValues.write(Map.of("ROW", fields)), null);
        }
        throw new IllegalArgumentException(
                "An output schema is {\"class\": name} or {\"row\": [[name, type], ...]}.");
    }

    @JsonValue
    Map<String, Object> toJson() {
        return row == null
                ? Map.of("class", className)
                : Map.of("row", JsonValues.readObject("The row", row).get("ROW"));
    }

    /** Name of the schema for errors and for services that ask for one. */
    @JsonIgnore
    public String getName() {
        return reader().name();
    }

    /** The JSON schema of the answer, as a new map. That of a row requires all fields. */
    @JsonIgnore
    public Map<String, Object> getJsonSchema() {
        return reader().schema();
    }

    /**
     * Reads an answer, which may be fenced by backticks or have text around it.
     *
     * @return an object of the class, or a Flink {@code Row} with field names
     * @throws org.apache.flink.agents.api.exceptions.OutputSchemaException if there is no such
     *     value in the text, or more than one
     */
    public Object parse(String text) {
        return reader().read(text);
    }

    private AnswerReader reader() {
        if (reader == null) {
            reader = row != null ? AnswerReader.ofRow(row) : AnswerReader.ofClass(load());
        }
        return reader;
    }

    private Class<?> load() {
        try {
            return ClassNames.load(className);
        } catch (ClassNotFoundException error) {
            throw new IllegalStateException(
                    "The class of the output schema, "
                            + className
                            + ", is not on this worker. Put the jar with it on the job's class"
                            + " path.",
                    error);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OutputSchema that
                && Objects.equals(className, that.className)
                && Objects.equals(row, that.row);
    }

    @Override
    public int hashCode() {
        return Objects.hash(className, row);
    }

    @Override
    public String toString() {
        return "OutputSchema(" + (row != null ? row : className) + ")";
    }
}

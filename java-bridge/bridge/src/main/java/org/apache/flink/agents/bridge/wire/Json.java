package org.apache.flink.agents.bridge.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.apache.flink.agents.api.exceptions.ModelRequestException;

/** JSON as it crosses the bridge: ASCII, and with the numbers that Python knows. */
public final class Json {

    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};
    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build();

    private Json() {}

    /** A new empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException if it is no JSON
     */
    public static JsonNode read(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException("This is no JSON: " + error.getOriginalMessage());
        }
    }

    /** Reads a value as a class that Jackson knows. */
    public static <T> T as(JsonNode node, Class<T> type) {
        return MAPPER.convertValue(node, type);
    }

    /** The members of an object; empty if there is none. */
    public static Map<String, Object> map(JsonNode node) {
        return node == null || node.isNull() || node.isMissingNode()
                ? Map.of()
                : MAPPER.convertValue(node, MAP);
    }

    /**
     * A value as JSON.
     *
     * @throws ModelRequestException if it has no JSON form
     */
    public static JsonNode tree(Object value) {
        try {
            return MAPPER.valueToTree(value);
        } catch (IllegalArgumentException error) {
            throw new ModelRequestException(
                    "A value cannot be sent to the other language: "
                            + error.getMessage()
                            + ". Messages, extra arguments and arguments of a chat model may hold "
                            + "what JSON can hold.");
        }
    }

    /** Writes JSON in ASCII. */
    public static String write(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException(error.getOriginalMessage(), error);
        }
    }
}

package org.apache.flink.agents.api.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** JSON texts and values, read and written the same way everywhere in the library. */
public final class JsonValues {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .build();

    private JsonValues() {}

    /** A value as JSON text. */
    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException(
                    value.getClass().getName()
                            + " cannot be written as JSON: "
                            + error.getOriginalMessage(),
                    error);
        }
    }

    /** What a model is told of a value: a text as it is, anything else as JSON. */
    public static String text(Object value) {
        return value instanceof String text ? text : write(value);
    }

    /**
     * A value as maps, lists, texts, numbers, truth values and null; one that is one of these stays
     * as it is.
     *
     * @throws IllegalArgumentException if it cannot be written as JSON
     */
    public static Object plain(Object value) {
        return value == null
                        || value instanceof String
                        || value instanceof Number
                        || value instanceof Boolean
                ? value
                : MAPPER.convertValue(value, Object.class);
    }

    /** The JSON object in a text; {@code what} names it in the error. */
    public static Map<String, Object> readObject(String what, String text) {
        try {
            return MAPPER.readValue(text, new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException(
                    what + " is not a JSON object: " + error.getOriginalMessage(), error);
        }
    }

    /** The JSON value in a text, as maps, lists, texts, numbers, truth values and null. */
    public static Object read(String text) throws JsonProcessingException {
        return MAPPER.readValue(text, Object.class);
    }
}

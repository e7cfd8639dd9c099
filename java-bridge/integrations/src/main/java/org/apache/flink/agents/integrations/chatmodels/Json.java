package org.apache.flink.agents.integrations.chatmodels;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON values as maps, lists, texts, numbers. Internal. */
public final class Json {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private Json() {}

    /**
     * Reads a value.
     *
     * @param text the JSON
     * @return the value, null for {@code null}
     * @throws IllegalArgumentException if it is none; tells where
     */
    public static Object read(String text) {
        try {
            return MAPPER.readValue(text, Object.class);
        } catch (JsonProcessingException | StackOverflowError e) {
            throw new IllegalArgumentException(problem(e), e);
        }
    }

    /** As {@link #read(String)}. */
    public static Object read(byte[] text) {
        try {
            return MAPPER.readValue(text, Object.class);
        } catch (IOException | StackOverflowError e) {
            throw new IllegalArgumentException(problem(e), e);
        }
    }

    private static String problem(Throwable error) {
        if (error instanceof JsonProcessingException e) {
            String place = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr()
                    + ", column " + e.getLocation().getColumnNr() + ")";
            return e.getOriginalMessage() + place;
        }
        return error.toString();
    }

    /**
     * Writes a value.
     *
     * @param value of maps, lists, texts, numbers
     * @throws IllegalArgumentException if it has no JSON form
     */
    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }

    /** The bytes of {@link #write}. */
    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }

    /** A value as a tree, with the entries that are null. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /**
     * A value as an object.
     *
     * @return a new map with its entries; null if it is no object
     */
    public static Map<String, Object> object(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return null;
        }
        Map<String, Object> object = new LinkedHashMap<>();
        map.forEach((key, entry) -> object.put(String.valueOf(key), entry));
        return object;
    }

    /** As {@link #object}, an empty map if it is no object. */
    public static Map<String, Object> objectOrEmpty(Object value) {
        Map<String, Object> object = object(value);
        return object == null ? new LinkedHashMap<>() : object;
    }

    /** A value as a list; empty if it is null or no list. */
    public static List<Object> list(Object value) {
        return value instanceof List<?> list ? new ArrayList<>(list) : List.of();
    }

    /** A value as text; null if it is none. */
    public static String text(Object value) {
        return value instanceof String text ? text : null;
    }

    /** Whether a value is there and says yes: not false, zero, empty. */
    public static boolean isSet(Object value) {
        return value != null
                && !Boolean.FALSE.equals(value)
                && !(value instanceof String text && text.isEmpty())
                && !(value instanceof List<?> list && list.isEmpty())
                && !(value instanceof Map<?, ?> map && map.isEmpty())
                && !(value instanceof Number number && number.doubleValue() == 0);
    }
}

package org.apache.flink.agents.api.json;

import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.agents.api.exceptions.ToolArgumentsException;

/** Java types as JSON schemas, and JSON values read as Java types. */
public final class JsonTypes {
    private static final int SHOWN_CHARACTERS = 200;

    private JsonTypes() {}

    /**
     * The JSON schema of a type, as a new map.
     *
     * @throws IllegalArgumentException if JSON has no form for the type
     */
    public static Map<String, Object> schema(Type type) {
        return schema(new JsonForms().of(type));
    }

    static Map<String, Object> schema(JsonForm form) {
        Definitions definitions = new Definitions();
        return definitions.complete(
                form instanceof ObjectForm object
                        ? object.inPlace(definitions)
                        : form.schema(definitions));
    }

    /**
     * A JSON value as a type.
     *
     * @param where what the value is, for the error
     * @param value maps, lists, texts, numbers, truth values and null
     * @param type a class or a generic type
     * @return a value of that type; null stays null
     * @throws ToolArgumentsException if it is not one; its text is meant for the model
     * @throws IllegalArgumentException if JSON has no form for the type
     */
    public static Object convert(String where, Object value, Type type) {
        if (value == null) {
            return null;
        }
        Problems problems = new Problems();
        Object read = new JsonForms().of(type).read(where, value, problems);
        if (!problems.isEmpty()) {
            throw new ToolArgumentsException(problems.toString());
        }
        return read;
    }

    /** A value for an error: cut after 200 characters. */
    public static String shortened(Object value) {
        return Problems.shortened(value, SHOWN_CHARACTERS);
    }
}

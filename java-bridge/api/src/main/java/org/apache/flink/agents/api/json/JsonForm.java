package org.apache.flink.agents.api.json;

import java.util.Map;

/** A Java type as JSON: its JSON schema, and how a value of it is read. */
interface JsonForm {
    /** The JSON schema, as a new map; classes go to the definitions. */
    Map<String, Object> schema(Definitions definitions);

    /**
     * Reads a value.
     *
     * @param where place of the value, empty for the whole
     * @param value maps, lists, texts, numbers, truth values and null
     * @param problems takes what is wrong; the result counts only if there is nothing
     */
    Object read(String where, Object value, Problems problems);

    /** The value that a primitive type has when none is given, else null. */
    default Object empty() {
        return null;
    }

    /** Whether null is one of the values. */
    default boolean isNullable() {
        return false;
    }
}

package org.apache.flink.agents.api.agents;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.agents.api.json.JsonValues;
import org.apache.flink.types.Row;

/** An input as values for the placeholders of a prompt, or as text. */
final class InputFields {
    private InputFields() {}

    /** The fields of a map, row, record or bean; of anything else one field of the given name. */
    static Map<String, Object> of(Object input, String name) {
        Object value = plain(input);
        if (!(value instanceof Map<?, ?> members)) {
            return Map.of(name, text(value));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        members.forEach((key, member) -> fields.put(String.valueOf(key), text(member)));
        return fields;
    }

    /** A text as it is, anything else as JSON. */
    static String text(Object value) {
        return JsonValues.text(plain(value));
    }

    private static Object plain(Object input) {
        // By name: a program that runs without Flink has no rows.
        return input != null && input.getClass().getName().equals("org.apache.flink.types.Row")
                ? Rows.plain(input)
                : JsonValues.plain(input);
    }

    /** Apart, so that only those who have rows need Flink. */
    private static final class Rows {
        static Map<String, Object> plain(Object input) {
            Row row = (Row) input;
            Set<String> names = row.getFieldNames(true);
            Map<String, Object> fields = new LinkedHashMap<>();
            if (names == null) {
                for (int i = 0; i < row.getArity(); i++) {
                    fields.put("f" + i, InputFields.plain(row.getField(i)));
                }
            } else {
                names.forEach(n -> fields.put(n, InputFields.plain(row.getField(n))));
            }
            return fields;
        }
    }
}

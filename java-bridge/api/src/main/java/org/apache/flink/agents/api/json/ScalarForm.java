package org.apache.flink.agents.api.json;

import java.time.DateTimeException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A text, number, truth value, date or time.
 *
 * @param type the class that is read
 * @param schema its JSON schema
 * @param expected what a value should be, for errors
 * @param reader reads a value that is not null; throws an unchecked exception if it is none
 * @param empty what a primitive type is when no value is given, else null
 */
record ScalarForm(
        Class<?> type,
        Map<String, Object> schema,
        String expected,
        Function<Object, Object> reader,
        Object empty)
        implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        return new LinkedHashMap<>(schema);
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        if (value != null) {
            try {
                return reader.apply(value);
            } catch (IllegalArgumentException
                    | ArithmeticException
                    | ClassCastException
                    | DateTimeException error) {
                // Told below, as that of null.
            }
        }
        problems.add(where, "input should be " + expected, value);
        return null;
    }
}

package org.apache.flink.agents.api.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A record or a bean, or anything else that is made of named values.
 *
 * @param type the class, for the definitions; null for one that is written in place
 * @param title name of the schema, or null
 * @param fields gives the members; asked when they are needed, since a class may contain itself
 * @param isClosed whether other members are refused; else they are ignored
 * @param finished makes the values, in the order of the members, into an object
 */
record ObjectForm(
        Class<?> type,
        String title,
        Supplier<List<Field>> fields,
        boolean isClosed,
        Function<List<Object>, Object> finished)
        implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        return type == null
                ? inPlace(definitions)
                : definitions.reference(type, () -> inPlace(definitions));
    }

    /** The schema itself, where {@link #schema} may give a reference to it. */
    Map<String, Object> inPlace(Definitions definitions) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Field field : fields.get()) {
            properties.put(field.name(), field.schema(definitions));
            if (field.required()) {
                required.add(field.name());
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        if (isClosed) {
            schema.put("additionalProperties", false);
        }
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        if (title != null) {
            schema.put("title", title);
        }
        return schema;
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        if (!(value instanceof Map<?, ?> members)) {
            problems.add(where, "input should be an object", value);
            return null;
        }
        int before = problems.size();
        List<Object> values = new ArrayList<>();
        Set<Object> unknown = new LinkedHashSet<>(members.keySet());
        for (Field field : fields.get()) {
            values.add(field.read(where, members, problems));
            unknown.remove(field.name());
        }
        if (isClosed) {
            for (Object name : unknown) {
                problems.add(
                        Problems.join(where, name),
                        "extra inputs are not permitted",
                        members.get(name));
            }
        }
        if (problems.size() > before) {
            return null;
        }
        try {
            return finished.apply(values);
        } catch (IllegalArgumentException | NullPointerException error) {
            // A record or a bean may refuse values in its constructor.
            problems.add(where, String.valueOf(error.getMessage()));
            return null;
        }
    }
}

package org.apache.flink.agents.api.json;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A list, set or array.
 *
 * @param items form of the items
 * @param isSet whether each item is there once
 * @param finished makes the list into what the Java type is
 */
record ListForm(JsonForm items, boolean isSet, Function<List<Object>, Object> finished)
        implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("items", items.schema(definitions));
        schema.put("type", "array");
        if (isSet) {
            schema.put("uniqueItems", true);
        }
        return schema;
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        if (!(value instanceof Collection<?> given)) {
            problems.add(where, "input should be a valid array", value);
            return null;
        }
        int before = problems.size();
        List<Object> read = new ArrayList<>();
        for (Object item : given) {
            read.add(items.read(Problems.join(where, read.size()), item, problems));
        }
        return problems.size() > before ? null : finished.apply(read);
    }
}

package org.apache.flink.agents.api.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value or null.
 *
 * @param value form of the value
 * @param isOptional whether the Java type is {@link Optional}
 */
record NullableForm(JsonForm value, boolean isOptional) implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", List.of(value.schema(definitions), Map.of("type", "null")));
        return schema;
    }

    @Override
    public Object read(String where, Object given, Problems problems) {
        if (given == null) {
            return empty();
        }
        Object read = value.read(where, given, problems);
        return isOptional ? Optional.ofNullable(read) : read;
    }

    @Override
    public Object empty() {
        return isOptional ? Optional.empty() : null;
    }

    @Override
    public boolean isNullable() {
        return true;
    }
}

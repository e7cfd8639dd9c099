package org.apache.flink.agents.api.json;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map whose keys are texts, or something that is written as a text. */
record MapForm(JsonForm keys, JsonForm values) implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put(
                "additionalProperties",
                values instanceof AnyForm ? true : values.schema(definitions));
        schema.put("type", "object");
        return schema;
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        if (!(value instanceof Map<?, ?> given)) {
            problems.add(where, "input should be an object", value);
            return null;
        }
        Map<Object, Object> read = new LinkedHashMap<>();
        given.forEach(
                (key, member) -> {
                    String place = Problems.join(where, key);
                    read.put(
                            keys.read(place, key, problems),
                            values.read(place, member, problems));
                });
        return read;
    }
}

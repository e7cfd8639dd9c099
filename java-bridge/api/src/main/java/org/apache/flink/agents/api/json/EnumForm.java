package org.apache.flink.agents.api.json;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An enum, by the names of its constants. */
record EnumForm(Class<?> type) implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        return definitions.reference(
                type,
                () -> {
                    Map<String, Object> schema = new LinkedHashMap<>();
                    schema.put("enum", names());
                    schema.put("title", type.getSimpleName());
                    schema.put("type", "string");
                    return schema;
                });
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(value)) {
                return constant;
            }
        }
        String expected =
                names().stream().map(name -> "'" + name + "'").collect(Collectors.joining(" or "));
        problems.add(where, "input should be " + expected, value);
        return null;
    }

    private List<String> names() {
        return Arrays.stream(type.getEnumConstants()).map(c -> ((Enum<?>) c).name()).toList();
    }
}

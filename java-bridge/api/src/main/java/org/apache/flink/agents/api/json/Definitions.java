package org.apache.flink.agents.api.json;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The classes of a JSON schema under its {@code $defs}, each once. */
final class Definitions {
    private final Map<String, Object> schemas = new TreeMap<>();
    private final Map<Class<?>, String> names = new HashMap<>();

    /** A reference to the schema of a class, which is made if it is not there yet. */
    Map<String, Object> reference(Class<?> type, Supplier<Map<String, Object>> schema) {
        String name = names.get(type);
        if (name == null) {
            name = freeName(type.getSimpleName());
            names.put(type, name);
            schemas.put(name, Map.of());
            schemas.put(name, schema.get());
        }
        Map<String, Object> reference = new LinkedHashMap<>();
        reference.put("$ref", "#/$defs/" + name);
        return reference;
    }

    /** A schema together with the definitions that it refers to. */
    Map<String, Object> complete(Map<String, Object> schema) {
        if (!schemas.isEmpty()) {
            schema.put("$defs", schemas);
        }
        return schema;
    }

    private String freeName(String wanted) {
        String name = wanted;
        for (int number = 2; schemas.containsKey(name); number++) {
            name = wanted + "_" + number;
        }
        return name;
    }
}

package org.apache.flink.agents.integrations.chatmodels.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.Schemas;

/**
 * JSON schemas as OpenAI's strict mode wants them.
 *
 * <p>There, every object lists all its properties as required and allows no others, and only a part
 * of JSON Schema may be used. What is left out here is checked when the answer is read.
 */
final class StrictSchema {

    private static final String REFUSER = "strict mode does not allow";
    private static final Set<String> KEPT =
            Set.of(
                    "type", "description", "title", "enum", "const", "format", "pattern", "minimum",
                    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems",
                    "maxItems");
    private static final Set<String> FORMATS =
            Set.of(
                    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6",
                    "uuid");

    private final boolean optionalAsNull;

    private StrictSchema(boolean optionalAsNull) {
        this.optionalAsNull = optionalAsNull;
    }

    /**
     * The schema rewritten for strict mode.
     *
     * @param schema a JSON schema of type {@code object}
     * @param optionalAsNull let the model write null for a property that was not required: right
     *     for the arguments of tools, where null means the default
     * @return a new schema
     * @throws IllegalArgumentException if it cannot be strict; says where
     */
    static Map<String, Object> of(Map<String, Object> schema, boolean optionalAsNull) {
        return new StrictSchema(optionalAsNull).rewrite(withRoot(schema), "");
    }

    /** A schema that refers to a definition as a whole, spelled out: no root is a reference. */
    private static Map<String, Object> withRoot(Map<String, Object> schema) {
        Object reference = schema.get("$ref");
        Map<String, Object> definitions = Json.objectOrEmpty(schema.get("$defs"));
        if (!(reference instanceof String name)) {
            return schema;
        }
        Map<String, Object> root = Json.object(definitions.get(name.replaceFirst("^#/\\$defs/", "")));
        if (root == null) {
            return schema;
        }
        root.putAll(Schemas.without(schema, "$ref"));
        return root;
    }

    private Map<String, Object> rewrite(Object schema, String path) {
        Map<String, Object> node = Schemas.node(schema, path, REFUSER);
        Map<String, Object> done = Schemas.kept(node, KEPT);
        if (!FORMATS.contains(String.valueOf(done.get("format")))) {
            done.remove("format");
        }
        if (String.valueOf(done.get("pattern")).contains("(?")) {
            // Lookarounds are not supported.
            done.remove("pattern");
        }
        for (String definitions : List.of("$defs", "definitions")) {
            if (node.containsKey(definitions)) {
                Map<String, Object> rewritten = new LinkedHashMap<>();
                Json.objectOrEmpty(node.get(definitions))
                        .forEach(
                                (name, part) ->
                                        rewritten.put(
                                                name, rewrite(part, Schemas.join(path, name))));
                done.put(definitions, rewritten);
            }
        }
        List<Object> variants = Schemas.variants(node);
        if (!variants.isEmpty()) {
            List<Object> rewritten = new ArrayList<>();
            variants.forEach(variant -> rewritten.add(rewrite(variant, path)));
            done.put("anyOf", rewritten);
        }
        if (node.containsKey("$ref")) {
            Map<String, Object> reference = new LinkedHashMap<>();
            reference.put("$ref", node.get("$ref"));
            if (done.isEmpty()) {
                return reference;
            }
            done.put("anyOf", List.of(reference));
        }
        if (node.containsKey("properties") || Schemas.is(node, "object")) {
            closeObject(done, node, path);
        }
        if (Schemas.is(node, "array")) {
            if (!node.containsKey("items") || node.containsKey("prefixItems")) {
                throw Schemas.refused(path, "is a list whose items have no one schema", REFUSER);
            }
            done.put("items", rewrite(node.get("items"), Schemas.join(path, "[]")));
        }
        if (!Schemas.saysType(done)) {
            throw Schemas.refused(path, "takes any value", REFUSER);
        }
        return done;
    }

    private void closeObject(Map<String, Object> done, Map<String, Object> node, String path) {
        boolean open = !Boolean.FALSE.equals(node.get("additionalProperties"));
        if (node.containsKey("patternProperties") || !node.containsKey("properties") && open) {
            throw Schemas.refused(path, "is an object with any keys", REFUSER);
        }
        Map<String, Object> properties = Json.objectOrEmpty(node.get("properties"));
        List<Object> required = Json.list(node.get("required"));
        Map<String, Object> rewritten = new LinkedHashMap<>();
        properties.forEach(
                (name, part) ->
                        rewritten.put(
                                name,
                                property(part, required.contains(name), Schemas.join(path, name))));
        done.putIfAbsent("type", "object");
        done.put("properties", rewritten);
        done.put("required", new ArrayList<>(properties.keySet()));
        done.put("additionalProperties", false);
    }

    private Map<String, Object> property(Object schema, boolean required, String path) {
        Map<String, Object> done = rewrite(schema, path);
        if (required || !optionalAsNull) {
            return done;
        }
        Object usual = Json.objectOrEmpty(schema).get("default");
        if (usual != null) {
            String told = "Null means the default, " + Json.write(usual) + ".";
            Object described = done.get("description");
            done.put("description", described == null ? told : described + " " + told);
        }
        if (takesNull(done)) {
            return done;
        }
        if (done.get("type") instanceof String type
                && !done.containsKey("enum")
                && !done.containsKey("const")) {
            done.put("type", List.of(type, "null"));
            return done;
        }
        Map<String, Object> nullable = new LinkedHashMap<>();
        if (done.containsKey("description")) {
            nullable.put("description", done.remove("description"));
        }
        nullable.put("anyOf", List.of(done, Map.of("type", "null")));
        return nullable;
    }

    private static boolean takesNull(Map<String, Object> node) {
        return Schemas.is(node, "null")
                || node.get("enum") instanceof List<?> values && values.contains(null)
                || Json.list(node.get("anyOf")).stream()
                        .anyMatch(variant -> takesNull(Json.objectOrEmpty(variant)));
    }
}

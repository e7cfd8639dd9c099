package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.Schemas;

/**
 * JSON schemas as Anthropic takes them for answers and strict tools.
 *
 * <p>There, no object allows further properties, no schema refers to itself, and only a part of JSON
 * Schema may be used. What is left out becomes words for the model, and is checked when the answer
 * is read. Properties may stay optional, unlike in OpenAI's strict mode.
 */
final class ClosedSchema {

    private static final String REFUSER = "Anthropic does not take";
    private static final Set<String> KEPT =
            Set.of("type", "title", "description", "enum", "const", "default");
    private static final Set<Object> FORMATS =
            Set.of(
                    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4",
                    "ipv6", "uuid");
    /** Limits that the API does not take, told to the model in the description. */
    private static final List<String> TOLD =
            List.of(
                    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                    "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems");

    private final Map<String, Object> definitions;
    private final Deque<String> open = new ArrayDeque<>();

    private ClosedSchema(Map<String, Object> definitions) {
        this.definitions = definitions;
    }

    /**
     * The schema rewritten for Anthropic.
     *
     * @param schema a JSON schema of type {@code object}
     * @return a new schema
     * @throws IllegalArgumentException if it cannot be; says where
     */
    static Map<String, Object> of(Map<String, Object> schema) {
        Map<String, Object> definitions = Json.objectOrEmpty(schema.get("definitions"));
        definitions.putAll(Json.objectOrEmpty(schema.get("$defs")));
        return new ClosedSchema(definitions).root(schema);
    }

    private Map<String, Object> root(Map<String, Object> schema) {
        Map<String, Object> given = schema;
        String name = referred(schema);
        if (!name.isEmpty()) {
            given = definition(name, "");
            given.putAll(Schemas.without(schema, "$ref"));
        }
        Map<String, Object> done = rewrite(Schemas.without(given, "$defs", "definitions"), "");
        if (!"object".equals(done.get("type"))) {
            throw Schemas.refused("", "is no object", REFUSER);
        }
        return done;
    }

    /** One schema and all in it, references replaced by what they refer to. */
    private Map<String, Object> rewrite(Object schema, String path) {
        Map<String, Object> node = Schemas.node(schema, path, REFUSER);
        String name = referred(node);
        if (!name.isEmpty()) {
            return definitionAt(name, node, path);
        }
        Map<String, Object> done = Schemas.kept(node, KEPT);
        List<Object> variants = Schemas.variants(node);
        if (!variants.isEmpty()) {
            List<Object> rewritten = new ArrayList<>();
            variants.forEach(variant -> rewritten.add(rewrite(variant, path)));
            done.put("anyOf", rewritten);
        }
        if (Schemas.is(node, "object") || node.containsKey("properties")) {
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
        addLimits(done, node);
        return done;
    }

    private Map<String, Object> definitionAt(String name, Map<String, Object> node, String path) {
        if (open.contains(name)) {
            throw Schemas.refused(
                    path, "refers to " + name + ", which it is a part of", REFUSER);
        }
        open.push(name);
        Map<String, Object> found = definition(name, path);
        found.putAll(Schemas.without(node, "$ref"));
        Map<String, Object> done = rewrite(found, path);
        open.pop();
        return done;
    }

    private Map<String, Object> definition(String name, String path) {
        Map<String, Object> found = Json.object(definitions.get(name));
        if (found == null) {
            throw Schemas.refused(
                    path, "refers to " + name + ", which is not among its definitions", REFUSER);
        }
        return found;
    }

    private void closeObject(Map<String, Object> done, Map<String, Object> node, String path) {
        boolean further = !Boolean.FALSE.equals(node.get("additionalProperties"));
        if (node.containsKey("patternProperties") || !node.containsKey("properties") && further) {
            throw Schemas.refused(path, "is an object with any keys", REFUSER);
        }
        Map<String, Object> properties = Json.objectOrEmpty(node.get("properties"));
        Map<String, Object> rewritten = new LinkedHashMap<>();
        properties.forEach(
                (name, part) -> rewritten.put(name, rewrite(part, Schemas.join(path, name))));
        done.putIfAbsent("type", "object");
        done.put("properties", rewritten);
        done.put("required", Schemas.required(node, properties));
        done.put("additionalProperties", false);
    }

    private static void addLimits(Map<String, Object> done, Map<String, Object> node) {
        Map<String, Object> told = new LinkedHashMap<>();
        for (String name : TOLD) {
            if (node.containsKey(name)) {
                told.put(name, node.get(name));
            }
        }
        if (told.get("minItems") instanceof Integer least && least <= 1 && least >= 0) {
            done.put("minItems", told.remove("minItems"));
        }
        Object format = node.get("format");
        if (format != null) {
            (FORMATS.contains(format) ? done : told).put("format", format);
        }
        if (!told.isEmpty()) {
            String limits =
                    told.entrySet().stream()
                            .map(limit -> limit.getKey() + ": " + Json.write(limit.getValue()))
                            .collect(Collectors.joining(", ", "(", ")"));
            Object described = done.get("description");
            done.put("description", described == null ? limits : described + " " + limits);
        }
    }

    private static String referred(Map<String, Object> node) {
        String reference = Json.text(node.get("$ref"));
        return reference == null ? "" : reference.substring(reference.lastIndexOf('/') + 1);
    }
}

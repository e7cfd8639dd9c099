package org.apache.flink.agents.integrations.chatmodels;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rewriters of JSON schemas have in common. Internal. */
public final class Schemas {

    private Schemas() {}

    /**
     * A schema as an object.
     *
     * @throws IllegalArgumentException if it takes any value or none
     */
    public static Map<String, Object> node(Object schema, String path, String refuser) {
        Map<String, Object> node = Json.object(schema);
        if (node == null) {
            String problem = Boolean.FALSE.equals(schema) ? "takes no value" : "takes any value";
            throw refused(path, problem, refuser);
        }
        List<Object> parts = Json.list(node.get("allOf"));
        if (!node.containsKey("allOf")) {
            return node;
        }
        if (parts.size() != 1) {
            throw refused(path, "combines several schemas (allOf)", refuser);
        }
        Map<String, Object> merged = Json.objectOrEmpty(parts.get(0));
        node.forEach(
                (name, value) -> {
                    if (!name.equals("allOf")) {
                        merged.put(name, value);
                    }
                });
        return merged;
    }

    /** The alternatives of a schema; empty if it has none. */
    public static List<Object> variants(Map<String, Object> node) {
        List<Object> variants = Json.list(node.get("anyOf"));
        return variants.isEmpty() ? Json.list(node.get("oneOf")) : variants;
    }

    /** Whether a schema allows values of a type. */
    public static boolean is(Map<String, Object> node, String kind) {
        Object found = node.get("type");
        return kind.equals(found) || found instanceof List<?> kinds && kinds.contains(kind);
    }

    /** Whether a schema says what it takes. */
    public static boolean saysType(Map<String, Object> node) {
        return node.keySet().stream().anyMatch(Set.of("type", "anyOf", "enum", "const")::contains);
    }

    /** The entries of an object that have one of some names. */
    public static Map<String, Object> kept(Map<String, Object> node, Set<String> names) {
        Map<String, Object> kept = new LinkedHashMap<>(node);
        kept.keySet().retainAll(names);
        return kept;
    }

    /** The entries of an object without those of some names. */
    public static Map<String, Object> without(Map<String, Object> node, String... names) {
        Map<String, Object> rest = new LinkedHashMap<>(node);
        rest.keySet().removeAll(List.of(names));
        return rest;
    }

    /** Names that an object requires, those that it has. */
    public static List<Object> required(Map<String, Object> node, Map<String, Object> properties) {
        List<Object> required = new ArrayList<>(Json.list(node.get("required")));
        required.removeIf(name -> !properties.containsKey(String.valueOf(name)));
        return required;
    }

    /** The place of a property. */
    public static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** A schema that cannot be rewritten. */
    public static IllegalArgumentException refused(String path, String problem, String refuser) {
        return new IllegalArgumentException(
                (path.isEmpty() ? "the schema" : path)
                        + " "
                        + problem
                        + ", which "
                        + refuser
                        + ". Give it a class or a plain type");
    }
}

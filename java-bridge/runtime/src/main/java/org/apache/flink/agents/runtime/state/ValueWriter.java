package org.apache.flink.agents.runtime.state;

import static org.apache.flink.agents.runtime.state.StateCodec.TAG;
import static org.apache.flink.agents.runtime.state.StateCodec.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.types.Row;

/** Writes values as JSON. */
final class ValueWriter {
    private final DataClasses classes;

    ValueWriter(DataClasses classes) {
        this.classes = classes;
    }

    JsonNode write(Object value, int depth) {
        if (value == null) {
            return json().nullNode();
        }
        if (value instanceof String text) {
            return json().textNode(text);
        }
        if (value instanceof Integer number) {
            return json().numberNode(number);
        }
        if (value instanceof Boolean truth) {
            return json().booleanNode(truth);
        }
        if (value instanceof Long number) {
            boolean fitsInt = number.intValue() == number;
            return fitsInt ? tagged("long", json().numberNode(number)) : json().numberNode(number);
        }
        if (value instanceof Double number) {
            return Double.isFinite(number)
                    ? json().numberNode(number)
                    : tagged("double", json().textNode(number.toString()));
        }
        if (depth > StateCodec.MAX_DEPTH) {
            throw new NotStorableException(
                    "A "
                            + value.getClass().getName()
                            + " cannot be kept in state: it is nested too deeply, or contains"
                            + " itself. Use plain values, and refer to others by an id.");
        }
        Leaves.Leaf leaf = Leaves.of(value.getClass());
        if (leaf != null) {
            return tagged(leaf.tag(), leaf.encode().apply(value));
        }
        return writeParts(value, depth + 1);
    }

    private JsonNode writeParts(Object value, int depth) {
        if (value instanceof Map<?, ?> map) {
            return writeMap(map, depth);
        }
        if (value instanceof List<?> list) {
            return items(list, depth);
        }
        if (value instanceof Set<?> set) {
            return tagged(isNatural(set) ? "sorted-set" : "set", items(set, depth));
        }
        if (value instanceof Deque<?> deque) {
            return tagged("deque", items(deque, depth));
        }
        if (value instanceof Collection<?> other) {
            return items(other, depth);
        }
        if (value instanceof Enum<?> constant) {
            ObjectNode node = tagged("enum", json().textNode(constant.name()));
            return node.put("c", classes.nameOf(constant.getDeclaringClass()));
        }
        if (value instanceof byte[] bytes) {
            return tagged("bytes", json().binaryNode(bytes));
        }
        if (value.getClass().isArray()) {
            ArrayNode items = json().arrayNode();
            for (int i = 0; i < Array.getLength(value); i++) {
                items.add(write(Array.get(value, i), depth));
            }
            return tagged("array", items).put("c", value.getClass().getComponentType().getName());
        }
        if (value instanceof Row row) {
            return writeRow(row, depth);
        }
        if (value instanceof JsonNode node) {
            return tagged("json", node.deepCopy());
        }
        if (value instanceof Class<?> type) {
            if (!type.isEnum()) {
                classes.of(type);
            }
            return tagged("class", json().textNode(classes.nameOf(type)));
        }
        return writeObject(value, depth);
    }

    private JsonNode writeObject(Object value, int depth) {
        DataClass form = classes.of(value.getClass());
        ObjectNode fields = json().objectNode();
        for (Map.Entry<String, Field> entry : form.fields().entrySet()) {
            Field field = entry.getValue();
            Object part = form.get(field, value);
            // The class says what a primitive is; its JSON needs no tag.
            fields.set(
                    entry.getKey(),
                    field.getType() == long.class
                            ? json().numberNode((long) part)
                            : writeField(value, field, part, depth));
        }
        return tagged("object", fields).put("c", value.getClass().getName());
    }

    private JsonNode writeField(Object owner, Field field, Object part, int depth) {
        try {
            return write(part, depth);
        } catch (NotStorableException error) {
            if (depth > StateCodec.MAX_DEPTH / 2) {
                throw error; // most likely a cycle, whose path would be long
            }
            throw new NotStorableException(
                    owner.getClass().getSimpleName()
                            + "."
                            + field.getName()
                            + ": "
                            + error.getMessage(),
                    error);
        }
    }

    private JsonNode writeMap(Map<?, ?> map, int depth) {
        boolean isSorted = map instanceof SortedMap<?, ?> sorted && sorted.comparator() == null;
        boolean isPlain =
                !isSorted && map.keySet().stream().allMatch(key -> key instanceof String);
        if (isPlain && map.keySet().stream().noneMatch(TAG::equals)) {
            ObjectNode node = json().objectNode();
            map.forEach((key, item) -> node.set((String) key, write(item, depth)));
            return node;
        }
        ArrayNode pairs = json().arrayNode();
        map.forEach(
                (key, item) ->
                        pairs.add(
                                json().arrayNode()
                                        .add(write(key, depth))
                                        .add(write(item, depth))));
        return tagged(isSorted ? "sorted-map" : "map", pairs);
    }

    private JsonNode writeRow(Row row, int depth) {
        Set<String> names = row.getFieldNames(true);
        ObjectNode node = json().objectNode();
        node.put("kind", row.getKind().name());
        boolean byPosition = names == null || row.getFieldNames(false) == null;
        if (names != null) {
            node.set("names", items(names, depth));
        }
        node.put("positions", byPosition);
        ArrayNode values = node.putArray("values");
        if (byPosition) {
            for (int i = 0; i < row.getArity(); i++) {
                values.add(write(row.getField(i), depth));
            }
        } else {
            names.forEach(name -> values.add(write(row.getField(name), depth)));
        }
        return tagged("row", node);
    }

    private ArrayNode items(Collection<?> values, int depth) {
        ArrayNode node = json().arrayNode(values.size());
        values.forEach(item -> node.add(write(item, depth)));
        return node;
    }

    private static boolean isNatural(Set<?> set) {
        return set instanceof SortedSet<?> sorted && sorted.comparator() == null;
    }

    private static ObjectNode tagged(String tag, JsonNode body) {
        ObjectNode node = json().objectNode();
        node.put(TAG, tag);
        node.set("v", body);
        return node;
    }
}

package org.apache.flink.agents.runtime.state;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.agents.api.exceptions.StateFormatException;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.RowUtils;

/** Reads values from JSON. */
final class ValueReader {
    private static final Map<String, Class<?>> PRIMITIVES =
            Map.of(
                    "int", int.class,
                    "long", long.class,
                    "double", double.class,
                    "float", float.class,
                    "boolean", boolean.class,
                    "short", short.class,
                    "char", char.class);

    private final DataClasses classes;

    ValueReader(DataClasses classes) {
        this.classes = classes;
    }

    Object read(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.textValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.numberValue();
            case ARRAY -> items(node, new ArrayList<>(node.size()));
            case OBJECT -> node.has(StateCodec.TAG) ? readTagged(node) : readMap(node);
            default -> null;
        };
    }

    private Object readTagged(JsonNode node) {
        String tag = node.path(StateCodec.TAG).asText();
        JsonNode body = node.get("v");
        Leaves.Leaf leaf = Leaves.of(tag);
        if (leaf != null) {
            return leaf.decode().apply(body);
        }
        return switch (tag) {
            case "long" -> body.longValue();
            case "double" -> Double.valueOf(body.textValue());
            case "object" -> readObject(classes.of(classes.find(node.get("c").asText())), body);
            case "enum" -> readEnum(classes.find(node.get("c").asText()), body.asText());
            case "class" -> classes.find(body.asText());
            case "map" -> readPairs(body, new LinkedHashMap<>());
            case "sorted-map" -> readPairs(body, new TreeMap<>());
            case "set" -> items(body, new LinkedHashSet<>());
            case "sorted-set" -> items(body, new TreeSet<>());
            case "deque" -> items(body, new ArrayDeque<>());
            case "bytes" -> readBytes(body);
            case "array" -> readArray(node.get("c").asText(), body);
            case "row" -> readRow(body);
            case "json" -> body.deepCopy();
            default ->
                    throw new StateFormatException(
                            "State holds a value of the unknown kind '"
                                    + tag
                                    + "'. It was written by a newer version.");
        };
    }

    private Map<String, Object> readMap(JsonNode node) {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(field -> map.put(field.getKey(), read(field.getValue())));
        return map;
    }

    private <C extends Collection<Object>> C items(JsonNode node, C into) {
        node.forEach(item -> into.add(read(item)));
        return into;
    }

    private Map<Object, Object> readPairs(JsonNode pairs, Map<Object, Object> into) {
        pairs.forEach(pair -> into.put(read(pair.get(0)), read(pair.get(1))));
        return into;
    }

    private Object readObject(DataClass form, JsonNode body) {
        Map<String, Object> values = new LinkedHashMap<>();
        form.fields()
                .forEach(
                        (name, field) -> {
                            JsonNode item = body.get(name);
                            if (item != null) {
                                values.put(name, readField(field, item));
                            }
                        });
        return form.create(values);
    }

    private Object readField(Field field, JsonNode item) {
        return field.getType() == long.class ? (Object) item.longValue() : read(item);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object readEnum(Class<?> type, String name) {
        return Enum.valueOf((Class<? extends Enum>) type.asSubclass(Enum.class), name);
    }

    private static byte[] readBytes(JsonNode body) {
        try {
            return body.binaryValue();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private Object readArray(String component, JsonNode body) {
        Class<?> type = PRIMITIVES.get(component);
        if (type == null) {
            type = classes.component(component);
        }
        Object array = Array.newInstance(type, body.size());
        for (int i = 0; i < body.size(); i++) {
            Array.set(array, i, read(body.get(i)));
        }
        return array;
    }

    private Row readRow(JsonNode body) {
        RowKind kind = RowKind.valueOf(body.get("kind").asText());
        List<Object> values = items(body.get("values"), new ArrayList<>());
        JsonNode names = body.get("names");
        if (names == null) {
            Row row = Row.withPositions(kind, values.size());
            for (int i = 0; i < values.size(); i++) {
                row.setField(i, values.get(i));
            }
            return row;
        }
        LinkedHashMap<String, Integer> positions = new LinkedHashMap<>();
        names.forEach(name -> positions.put(name.asText(), positions.size()));
        if (body.get("positions").asBoolean()) {
            return RowUtils.createRowWithNamedPositions(kind, values.toArray(), positions);
        }
        Row row = Row.withNames(kind);
        positions.forEach((name, position) -> row.setField(name, values.get(position)));
        return row;
    }
}

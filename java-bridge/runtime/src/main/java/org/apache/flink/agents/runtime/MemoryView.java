package org.apache.flink.agents.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.agents.api.context.MemoryObject.MemoryType;
import org.apache.flink.agents.api.exceptions.MemoryPathException;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.runtime.state.StateCodec;

/**
 * Memory of one type as one action sees it: what is stored, under what the action has written.
 *
 * <p>Memory is a tree of nodes, each kept as text under its dotted path: a value, or an object that
 * lists its fields' names. So an action reads and writes only the nodes it touches.
 */
final class MemoryView {
    private static final String OBJECT = "{\"$\":\"fields\",\"v\":";

    final MemoryType type;
    final StateCodec codec;
    final Map<String, String> writes = new LinkedHashMap<>();
    private final Map<String, String> seen = new HashMap<>();
    private final Function<String, String> read;
    private final String where;

    /**
     * A view.
     *
     * @param read reads a stored node by path; null if there is none
     * @param where names action and key, for errors
     */
    MemoryView(MemoryType type, Function<String, String> read, StateCodec codec, String where) {
        this.type = type;
        this.read = read;
        this.codec = codec;
        this.where = where;
    }

    static boolean isObject(String node) {
        return node != null && node.startsWith(OBJECT);
    }

    /** The node at an absolute path, or null. */
    String node(String path) {
        if (writes.containsKey(path)) {
            return writes.get(path);
        }
        if (!seen.containsKey(path)) {
            seen.put(path, read.apply(path));
        }
        return seen.get(path);
    }

    /** Stores a value, with the objects on the way to it. */
    void writeValue(String path, Object value, boolean overwrite) {
        String text;
        try {
            text = codec.dumps(value);
        } catch (NotStorableException error) {
            throw new NotStorableException(
                    String.format("%s, memory '%s': %s", where, path, error.getMessage()), error);
        }
        String present = node(path);
        if (isObject(present)) {
            if (!overwrite) {
                throw new MemoryPathException(
                        String.format(
                                "%s: memory '%s' holds an object; pass overwrite = true to replace"
                                        + " it with all its fields by a value.",
                                where, path));
            }
            removeFields(path, present);
        }
        if (present == null) {
            link(path);
        }
        writes.put(path, text);
    }

    /** Creates an empty object unless there is one. */
    void writeObject(String path, boolean overwrite) {
        String present = node(path);
        if (isObject(present)) {
            return;
        }
        if (present != null && !overwrite) {
            throw new MemoryPathException(
                    String.format(
                            "%s: memory '%s' holds a value; pass overwrite = true to replace it by"
                                    + " an object.",
                            where, path));
        }
        if (present == null) {
            link(path);
        }
        writes.put(path, object(List.of()));
    }

    /** Field names of the object at a path; empty if there is no object. */
    List<String> fields(String path) {
        String node = node(path);
        return isObject(node) ? names(node) : List.of();
    }

    /** Makes a new node a field of its parent, creating the parents that are missing. */
    private void link(String path) {
        if (path.isEmpty()) {
            return;
        }
        int dot = path.lastIndexOf('.');
        String parent = dot < 0 ? "" : path.substring(0, dot);
        String name = path.substring(dot + 1);
        String node = node(parent);
        if (node == null) {
            link(parent);
            writes.put(parent, object(List.of(name)));
        } else if (isObject(node)) {
            List<String> names = new ArrayList<>(names(node));
            names.add(name);
            writes.put(parent, object(names));
        } else {
            throw new MemoryPathException(
                    String.format(
                            "%s: memory '%s' holds a value, so it cannot have the field '%s'. Store"
                                    + " an object there, or use another path.",
                            where, parent, name));
        }
    }

    private void removeFields(String path, String node) {
        for (String name : names(node)) {
            String child = path.isEmpty() ? name : path + "." + name;
            String below = node(child);
            if (isObject(below)) {
                removeFields(child, below);
            }
            writes.put(child, null);
        }
    }

    private static List<String> names(String node) {
        List<String> names = new ArrayList<>();
        for (JsonNode name : StateCodec.parse(node).get("v")) {
            names.add(name.textValue());
        }
        return names;
    }

    private static String object(List<String> names) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("$", "fields");
        ArrayNode fields = node.putArray("v");
        names.forEach(fields::add);
        return StateCodec.text(node);
    }
}

package org.apache.flink.agents.runtime;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.agents.api.context.MemoryRef;
import org.apache.flink.agents.api.exceptions.MemoryPathException;

/** What lies at a path of a memory. */
final class StoredMemoryObject implements MemoryObject {
    final MemoryView view;
    private final String path;

    StoredMemoryObject(MemoryView view, String path) {
        this.view = view;
        this.path = path;
    }

    @Override
    public MemoryObject get(String relative) {
        return at(absolute(relative));
    }

    @Override
    public MemoryObject get(MemoryRef reference) {
        return at(reference.path());
    }

    @Override
    public MemoryRef set(String relative, Object value, boolean overwrite) {
        String absolute = absolute(relative);
        view.writeValue(absolute, value, overwrite);
        return MemoryRef.create(view.type, absolute);
    }

    @Override
    public MemoryObject newObject(String relative, boolean overwrite) {
        String absolute = absolute(relative);
        view.writeObject(absolute, overwrite);
        return new StoredMemoryObject(view, absolute);
    }

    @Override
    public boolean isExist(String relative) {
        return view.node(absolute(relative)) != null;
    }

    @Override
    public boolean isNestedObject() {
        return path.isEmpty() || MemoryView.isObject(view.node(path));
    }

    @Override
    public Object getValue() {
        String node = view.node(path);
        return node == null || MemoryView.isObject(node) ? null : view.codec.loads(node);
    }

    @Override
    public List<String> getFieldNames() {
        return view.fields(path);
    }

    @Override
    public Map<String, Object> getFields() {
        Map<String, Object> shown = new LinkedHashMap<>();
        for (String name : getFieldNames()) {
            MemoryObject field = get(name);
            shown.put(
                    name,
                    field.isNestedObject()
                            ? Map.of("__OBJECT__", field.getFieldNames())
                            : field.getValue());
        }
        return shown;
    }

    private MemoryObject at(String absolute) {
        return view.node(absolute) == null ? null : new StoredMemoryObject(view, absolute);
    }

    private String absolute(String relative) {
        boolean isPath = relative != null && !relative.isEmpty();
        for (int i = 0; isPath && i < relative.length(); i++) {
            boolean isEdge = i == 0 || i == relative.length() - 1;
            isPath = relative.charAt(i) != '.' || !isEdge && relative.charAt(i - 1) != '.';
        }
        if (!isPath) {
            throw new MemoryPathException(
                    "'"
                            + relative
                            + "' is no memory path: give field names joined by dots, as"
                            + " 'user.name'.");
        }
        return path.isEmpty() ? relative : path + "." + relative;
    }
}

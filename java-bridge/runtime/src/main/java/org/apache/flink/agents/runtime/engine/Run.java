package org.apache.flink.agents.runtime.engine;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What an input element has set going. */
public final class Run {
    final Object value;
    final Long timestamp;

    /** Tells it from the others of its key while the key is open: a call may outlive its run. */
    final int number;

    /** By their ids, which grow. Few as they are, a tree is made faster than a table. */
    final Map<Integer, Task> tasks = new TreeMap<>();

    int nextTask;

    /** Sensory memory: nodes as text by path. Replaced, never changed: actions read it. */
    Map<String, String> sensory = Map.of();

    Run(Object value, Long timestamp, int number) {
        this.value = value;
        this.timestamp = timestamp;
        this.number = number;
    }

    /** The input element. */
    public Object value() {
        return value;
    }

    /** Its event time in milliseconds, or null. */
    public Long timestamp() {
        return timestamp;
    }

    /** Its number. */
    public int number() {
        return number;
    }

    /** Open tasks, in the order of their creation. */
    public Collection<Task> tasks() {
        return tasks.values();
    }

    void writeSensory(Map<String, String> nodes) {
        if (nodes.isEmpty()) {
            return;
        }
        Map<String, String> changed = new HashMap<>(sensory);
        nodes.forEach(
                (path, node) -> {
                    if (node == null) {
                        changed.remove(path);
                    } else {
                        changed.put(path, node);
                    }
                });
        sensory = changed;
    }
}

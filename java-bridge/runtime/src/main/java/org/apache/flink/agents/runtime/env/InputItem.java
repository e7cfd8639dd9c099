package org.apache.flink.agents.runtime.env;

import java.util.Map;
import java.util.UUID;

/**
 * An item of {@code fromList}.
 *
 * @param key its key; one of its own if it was given none
 * @param value its value
 */
record InputItem(Object key, Object value) {

    /**
     * Reads an item: a map {@code {"key": ..., "value": ...}} or {@code {"k": ..., "v": ...}},
     * without a key {@code {"value": ...}}, or anything else as a value.
     */
    static InputItem of(Object item) {
        if (item instanceof Map<?, ?> map) {
            Object valueName = map.containsKey("value") ? "value" : "v";
            Object keyName = map.containsKey("key") ? "key" : "k";
            int known = (map.containsKey(valueName) ? 1 : 0) + (map.containsKey(keyName) ? 1 : 0);
            if (map.containsKey(valueName) && map.size() == known) {
                Object key = map.get(keyName);
                return new InputItem(key == null ? ownKey() : checked(key), map.get(valueName));
            }
        }
        return new InputItem(ownKey(), item);
    }

    private static Object checked(Object key) {
        if (key.getClass().isArray()) {
            throw new IllegalArgumentException(
                    "An array cannot be a key, since equal ones differ. Give a text, a number or a"
                            + " record.");
        }
        return key;
    }

    private static String ownKey() {
        return UUID.randomUUID().toString().replace("-", "");
    }
}

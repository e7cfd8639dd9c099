package org.apache.flink.agents.api.configuration;

import java.io.Serializable;
import java.util.Objects;

/**
 * An option: its key, type and default.
 *
 * @param <T> its type: a text, truth value, number, {@link java.time.Duration} or enum
 */
public final class ConfigOption<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final Class<T> type;
    private final T defaultValue;

    /**
     * @param key its key, such as {@code max-retries}
     * @param type its type
     * @param defaultValue what it is when it is not set; may be null
     */
    public ConfigOption(String key, Class<T> type, T defaultValue) {
        this.key = Objects.requireNonNull(key, "key");
        this.type = Objects.requireNonNull(type, "type");
        this.defaultValue = defaultValue;
    }

    public String getKey() {
        return key;
    }

    public Class<T> getType() {
        return type;
    }

    /** What it is when it is not set; may be null. */
    public T getDefaultValue() {
        return defaultValue;
    }

    @Override
    public String toString() {
        return key + " (" + type.getSimpleName() + ", default " + defaultValue + ")";
    }
}

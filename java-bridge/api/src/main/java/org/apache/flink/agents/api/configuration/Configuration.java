package org.apache.flink.agents.api.configuration;

import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.agents.api.resource.Secrets;

/** What is set, by dotted key. Safe to be read from several threads while nobody sets anything. */
public final class Configuration
        implements ReadableConfiguration, WritableConfiguration, Serializable {
    private static final long serialVersionUID = 1L;

    /** Options may stand in a section of this name of a file that has other things in it too. */
    private static final String SECTION = "agent";

    private final TreeMap<String, Object> values = new TreeMap<>();

    /** Nothing is set. */
    public Configuration() {}

    /**
     * @param values values by key. Maps in it are flattened: {@code {"chat": {"async": false}}}
     *     sets {@code chat.async}. What is null is not set
     * @throws IllegalArgumentException if a key is set twice, nested and dotted
     */
    public Configuration(Map<String, ?> values) {
        flatten("", values);
    }

    /**
     * Reads a YAML file. Its options may stand at the top, nested or with dotted keys, or in a
     * section {@code agent}, whose options win over those at the top. Needs Flink on the class
     * path.
     *
     * @param path the file, in UTF-8
     * @throws IllegalArgumentException if it cannot be read, or sets a key twice; names the file
     */
    public static Configuration fromFile(String path) {
        try {
            return YamlFile.read(path, SECTION);
        } catch (RuntimeException | IOException error) {
            throw new IllegalArgumentException(
                    "The configuration file " + path + " cannot be read: " + error.getMessage(),
                    error);
        }
    }

    /** Sets what is set in {@code other} and not here. */
    public void addDefaults(Configuration other) {
        other.values.forEach(values::putIfAbsent);
    }

    @Override
    public <T> T get(ConfigOption<T> option) {
        return read(option.getKey(), option.getType(), option.getDefaultValue());
    }

    @Override
    public Integer getInt(String key, Integer defaultValue) {
        return read(key, Integer.class, defaultValue);
    }

    @Override
    public Long getLong(String key, Long defaultValue) {
        return read(key, Long.class, defaultValue);
    }

    @Override
    public Float getFloat(String key, Float defaultValue) {
        return read(key, Float.class, defaultValue);
    }

    @Override
    public Double getDouble(String key, Double defaultValue) {
        return read(key, Double.class, defaultValue);
    }

    @Override
    public Boolean getBool(String key, Boolean defaultValue) {
        return read(key, Boolean.class, defaultValue);
    }

    @Override
    public String getStr(String key, String defaultValue) {
        return read(key, String.class, defaultValue);
    }

    @Override
    public Map<String, Object> toMap() {
        return new LinkedHashMap<>(values);
    }

    @Override
    public <T> void set(ConfigOption<T> option, T value) {
        write(option.getKey(), option.getType(), value);
    }

    @Override
    public void setInt(String key, Integer value) {
        write(key, Integer.class, value);
    }

    @Override
    public void setLong(String key, Long value) {
        write(key, Long.class, value);
    }

    @Override
    public void setFloat(String key, Float value) {
        write(key, Float.class, value);
    }

    @Override
    public void setDouble(String key, Double value) {
        write(key, Double.class, value);
    }

    @Override
    public void setBool(String key, Boolean value) {
        write(key, Boolean.class, value);
    }

    @Override
    public void setStr(String key, String value) {
        write(key, String.class, value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Configuration that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        Map<String, Object> shown = new TreeMap<>();
        values.forEach(
                (key, value) ->
                        shown.put(
                                key,
                                Secrets.masked(key.substring(key.lastIndexOf('.') + 1), value)));
        return "Configuration" + shown;
    }

    private <T> T read(String key, Class<T> type, T defaultValue) {
        Object value = values.get(key);
        return value == null ? defaultValue : OptionValues.read(key, type, value);
    }

    private <T> void write(String key, Class<T> type, Object value) {
        if (value == null) {
            values.remove(key);
        } else {
            values.put(key, OptionValues.plain(OptionValues.read(key, type, value)));
        }
    }

    private void flatten(String prefix, Map<?, ?> members) {
        members.forEach(
                (name, value) -> {
                    String key = prefix + name;
                    if (value instanceof Map<?, ?> nested) {
                        flatten(key + ".", nested);
                    } else if (value != null
                            && values.put(key, OptionValues.plain(value)) != null) {
                        throw new IllegalArgumentException(
                                "Option '"
                                        + key
                                        + "' is set twice, nested and with a dotted key.");
                    }
                });
    }
}

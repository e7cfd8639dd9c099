package org.apache.flink.agents.api.configuration;

import java.util.Map;

/**
 * What is set, for reading. Texts are converted: {@code "5"} is read as the number 5.
 *
 * <p>All methods throw an {@link IllegalArgumentException} that names the key if what is set is not
 * of the type that is asked for.
 */
public interface ReadableConfiguration {
    /** The value of an option, or its default. */
    <T> T get(ConfigOption<T> option);

    /** The whole number set for a key, or the default. */
    Integer getInt(String key, Integer defaultValue);

    /** The whole number set for a key, or the default. */
    Long getLong(String key, Long defaultValue);

    /** The number set for a key, or the default. */
    Float getFloat(String key, Float defaultValue);

    /** The number set for a key, or the default. */
    Double getDouble(String key, Double defaultValue);

    /** The truth value set for a key, or the default. */
    Boolean getBool(String key, Boolean defaultValue);

    /** The text set for a key, or the default. */
    String getStr(String key, String defaultValue);

    /** All values that are set, by key: a new map. */
    Map<String, Object> toMap();
}

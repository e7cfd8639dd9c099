package org.apache.flink.agents.api.configuration;

/** What is set, for setting. Null as a value unsets a key. */
public interface WritableConfiguration {
    /**
     * Sets an option.
     *
     * @throws IllegalArgumentException if the value is not of the option's type
     */
    <T> void set(ConfigOption<T> option, T value);

    void setInt(String key, Integer value);

    void setLong(String key, Long value);

    void setFloat(String key, Float value);

    void setDouble(String key, Double value);

    void setBool(String key, Boolean value);

    void setStr(String key, String value);
}

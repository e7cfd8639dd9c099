package org.apache.flink.agents.api.context;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A place in memory: an object with named fields, or a value.
 *
 * <p>Paths are field names joined by dots, relative to the object. Values may be anything that can
 * be kept in state. A value that is read is a copy: to change what is stored, {@link #set} it.
 */
public interface MemoryObject {
    /** Kinds of memory by how long they live. */
    enum MemoryType {
        /** Until the end of the run. */
        SENSORY,
        /** As long as the job's state. */
        SHORT_TERM;

        /** The name in JSON: {@code sensory} or {@code short_term}. */
        @JsonValue
        public String getValue() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The type of that name in JSON.
         *
         * @throws IllegalArgumentException if there is none
         */
        @JsonCreator
        public static MemoryType fromValue(String value) {
            return valueOf(value.toUpperCase(Locale.ROOT));
        }
    }

    /** What is at the path, or null if there is nothing. */
    MemoryObject get(String path);

    /** What a reference, which is absolute, leads to; or null if there is nothing. */
    MemoryObject get(MemoryRef reference);

    /**
     * Stores a value; missing objects on the way are created.
     *
     * @param path path relative to this object, such as {@code user.name}
     * @param value what to store
     * @return a reference to the value, which can travel in an event
     * @throws org.apache.flink.agents.api.exceptions.MemoryPathException if an object is stored
     *     there, or if the way there leads through a value
     * @throws org.apache.flink.agents.api.exceptions.NotStorableException if the value is of a type
     *     that cannot be kept in state
     */
    default MemoryRef set(String path, Object value) {
        return set(path, value, false);
    }

    /**
     * As {@link #set(String, Object)}.
     *
     * @param overwrite whether an object that is stored there is replaced with all its fields
     */
    MemoryRef set(String path, Object value, boolean overwrite);

    /** Creates an empty object, or returns the one that is there. */
    default MemoryObject newObject(String path) {
        return newObject(path, false);
    }

    /**
     * Creates an empty object, or returns the one that is there.
     *
     * @param overwrite whether a value that is stored there is replaced
     * @throws org.apache.flink.agents.api.exceptions.MemoryPathException if a value is stored there
     *     and {@code overwrite} is false
     */
    MemoryObject newObject(String path, boolean overwrite);

    /** Whether there is a value or an object at the path. */
    boolean isExist(String path);

    /** Whether this is an object with fields, and no value. */
    boolean isNestedObject();

    /** The value that is stored here; null of an object with fields. */
    Object getValue();

    /** Names of this object's fields, in the order of their creation; empty of a value. */
    List<String> getFieldNames();

    /** The fields by name; a nested object shows as {@code {"__OBJECT__": [its field names]}}. */
    Map<String, Object> getFields();

    /**
     * The value at the path as a class.
     *
     * @throws ClassCastException if it is of another class
     */
    default <T> Optional<T> find(String path, Class<T> type) {
        MemoryObject found = get(path);
        return found == null ? Optional.empty() : Optional.ofNullable(type.cast(found.getValue()));
    }
}

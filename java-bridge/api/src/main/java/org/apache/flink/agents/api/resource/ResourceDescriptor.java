package org.apache.flink.agents.api.resource;

import java.io.Serializable;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Describes a resource: its class and the arguments to create it with.
 *
 * <p>An argument is found under its name in camel case and in snake case alike. A text {@code
 * ${env:NAME}} is replaced on the worker by that environment variable.
 */
public final class ResourceDescriptor implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String clazz;
    private final LinkedHashMap<String, Object> initialArguments;

    /**
     * @param clazz full name of the resource class, such as one of {@link Constant}
     * @param initialArguments its arguments
     * @throws IllegalArgumentException if there is no class name, or an argument is given twice, in
     *     camel case and in snake case
     */
    public ResourceDescriptor(String clazz, Map<String, Object> initialArguments) {
        if (clazz == null || clazz.isBlank()) {
            throw new IllegalArgumentException(
                    "A resource descriptor needs the full name of a class. Use a name of"
                            + " org.apache.flink.agents.api.resource.Constant, or"
                            + " YourClass.class.getName().");
        }
        this.clazz = clazz;
        this.initialArguments = new LinkedHashMap<>(initialArguments);
        Map<String, String> spellings = new HashMap<>();
        for (String name : this.initialArguments.keySet()) {
            String other = spellings.put(Secrets.snakeCase(name), name);
            if (other != null) {
                throw new IllegalArgumentException(
                        "The arguments '%s' and '%s' of %s are two spellings of one. Keep one."
                                .formatted(other, name, clazz));
            }
        }
    }

    /** Full name of the resource class. */
    public String getClazz() {
        return clazz;
    }

    /** The arguments as they were given. */
    public Map<String, Object> getInitialArguments() {
        return Collections.unmodifiableMap(initialArguments);
    }

    /** Whether an argument was given, in whatever spelling, and is not null. */
    public boolean hasArgument(String name) {
        return find(name) != null;
    }

    /**
     * An argument, or null if it was not given.
     *
     * @param name its name in camel case or in snake case
     * @param <T> its type, which the caller knows: a wrong one is a {@link ClassCastException}
     *     there
     */
    @SuppressWarnings("unchecked")
    public <T> T getArgument(String name) {
        return (T) find(name);
    }

    /**
     * An argument as the type of its default; numbers and texts are converted.
     *
     * @param name its name in camel case or in snake case
     * @param defaultValue what it is when it was not given; null for no conversion
     * @throws IllegalArgumentException if it is not of that type
     */
    @SuppressWarnings("unchecked")
    public <T> T getArgument(String name, T defaultValue) {
        Object found = find(name);
        if (found == null) {
            return defaultValue;
        }
        if (defaultValue == null) {
            return (T) found;
        }
        return (T) ArgumentValues.convert(this, name, found, defaultValue.getClass());
    }

    /**
     * An argument as a type; numbers and texts are converted.
     *
     * @param name its name in camel case or in snake case
     * @param type {@code String}, {@code Boolean}, a number, a map, a list or any other class
     * @throws IllegalArgumentException if it is not of that type
     */
    public <T> Optional<T> findArgument(String name, Class<T> type) {
        Object found = find(name);
        return found == null
                ? Optional.empty()
                : Optional.of(type.cast(ArgumentValues.convert(this, name, found, type)));
    }

    private Object find(String name) {
        Object exact = initialArguments.get(name);
        if (exact != null) {
            return exact;
        }
        String wanted = Secrets.snakeCase(name);
        for (Map.Entry<String, Object> argument : initialArguments.entrySet()) {
            if (Secrets.snakeCase(argument.getKey()).equals(wanted)) {
                return argument.getValue();
            }
        }
        return null;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ResourceDescriptor that
                && clazz.equals(that.clazz)
                && initialArguments.equals(that.initialArguments);
    }

    @Override
    public int hashCode() {
        return Objects.hash(clazz, initialArguments);
    }

    /** Class and arguments, with stars in place of secrets. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("ResourceDescriptor(").append(clazz);
        initialArguments.forEach(
                (name, value) ->
                        text.append(", ")
                                .append(name)
                                .append('=')
                                .append(Secrets.masked(name, value)));
        return text.append(')').toString();
    }

    /** Puts a descriptor together. */
    public static final class Builder {
        private final String clazz;
        private final Map<String, Object> arguments = new LinkedHashMap<>();

        private Builder(String clazz) {
            this.clazz = clazz;
        }

        /** For a resource class of that full name, such as one of {@link Constant}. */
        public static Builder newBuilder(String clazz) {
            return new Builder(clazz);
        }

        /** Adds an argument; null adds nothing. */
        public Builder addInitialArgument(String name, Object value) {
            if (value != null) {
                arguments.put(name, value);
            }
            return this;
        }

        /**
         * @throws IllegalArgumentException if there is no class name, or an argument has two
         *     spellings
         */
        public ResourceDescriptor build() {
            return new ResourceDescriptor(clazz, arguments);
        }
    }
}

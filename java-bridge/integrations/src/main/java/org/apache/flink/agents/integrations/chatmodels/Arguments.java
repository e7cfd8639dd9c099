package org.apache.flink.agents.integrations.chatmodels;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/**
 * The arguments of a resource, checked. Internal.
 *
 * <p>Every name is found in camel case and in snake case. What is wrong is an {@link
 * IllegalArgumentException} that names the resource class, the argument and the fix.
 */
public final class Arguments {

    private final String owner;
    private final Map<String, Object> given = new LinkedHashMap<>();

    /**
     * Reads a descriptor.
     *
     * @param descriptor the arguments
     * @param owner simple name of the resource class
     * @param known all arguments that the class takes, in snake case
     * @throws IllegalArgumentException if there are others
     */
    public Arguments(ResourceDescriptor descriptor, String owner, Set<String> known) {
        this.owner = owner;
        descriptor
                .getInitialArguments()
                .forEach((name, value) -> given.put(snakeCase(name), value));
        Set<String> unknown = new TreeSet<>(given.keySet());
        unknown.removeAll(known);
        // Told by those who create resources of Java from Python.
        unknown.remove("java_clazz");
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    owner
                            + " takes no argument "
                            + String.join(", ", unknown)
                            + ". It takes "
                            + String.join(", ", new TreeSet<>(known))
                            + ".");
        }
    }

    /** Whether an argument was given, be it as null. */
    public boolean has(String name) {
        return given.containsKey(name);
    }

    /** A text, or null. */
    public String text(String name) {
        Object value = given.get(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw wrong(name, value, "a text");
    }

    /** A text that has to be there. */
    public String requiredText(String name) {
        String value = text(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(owner + " needs the argument " + name + ".");
        }
        return value;
    }

    /**
     * A URL without a slash in the end.
     *
     * @param usual if none is given
     */
    public String url(String name, String usual) {
        String value = text(name);
        String url = (value == null || value.isBlank() ? usual : value).strip();
        if (!url.matches("https?://[^/].*")) {
            throw new IllegalArgumentException(
                    owner + ": " + name + " is no URL: it starts with http:// or https://.");
        }
        return url.replaceFirst("/+$", "");
    }

    /**
     * A key: the argument, else the environment variable.
     *
     * @throws IllegalArgumentException if there is none, or it cannot be one
     */
    public String key(String name, String variable) {
        String value = text(name);
        if (value == null || value.isBlank()) {
            value = System.getenv(variable);
        }
        String key = value == null ? "" : value.strip();
        if (key.isEmpty()) {
            throw new IllegalArgumentException(
                    owner
                            + " has no API key: give the argument "
                            + name
                            + " or set the environment variable "
                            + variable
                            + ". For a server that needs none, any text will do.");
        }
        if (!key.chars().allMatch(character -> character > ' ' && character < 127)) {
            throw new IllegalArgumentException(
                    owner
                            + ": "
                            + name
                            + " holds characters that no key has. Check how it was copied.");
        }
        return key;
    }

    /** A number from least to most; the usual one if it is not given, null if it is given so. */
    public Double number(String name, Double usual, double least, double most) {
        if (!has(name)) {
            return usual;
        }
        Object value = given.get(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Number number
                && number.doubleValue() >= least
                && number.doubleValue() <= most) {
            return number.doubleValue();
        }
        throw wrong(name, value, "a number from " + least + " to " + most);
    }

    /** A whole number from least to most; as {@link #number}. */
    public Long whole(String name, Long usual, long least, long most) {
        if (!has(name)) {
            return usual;
        }
        Object value = given.get(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Number number
                && number.doubleValue() == number.longValue()
                && number.longValue() >= least
                && number.longValue() <= most) {
            return number.longValue();
        }
        String range = most == Long.MAX_VALUE ? " or more" : " to " + most;
        throw wrong(name, value, "a whole number, " + least + range);
    }

    /** A boolean; the usual one if it is not given. */
    public Boolean flag(String name, Boolean usual) {
        Object value = given.get(name);
        if (value == null) {
            return usual;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name, value, "true or false");
    }

    /** Seconds above 0; the usual time if they are not given. */
    public Duration seconds(String name, Duration usual) {
        Object value = given.get(name);
        if (value == null) {
            return usual;
        }
        try {
            return seconds(name, value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(owner + ": " + e.getMessage(), e);
        }
    }

    static Duration seconds(String name, Object value) {
        if (value instanceof Number number
                && number.doubleValue() > 0
                && number.doubleValue() < Integer.MAX_VALUE) {
            return Duration.ofMillis(Math.max(1, Math.round(number.doubleValue() * 1000)));
        }
        throw new IllegalArgumentException(
                name + "=" + value + " is no number of seconds above 0.");
    }

    /** A map with texts as keys; empty if it is not given. */
    public Map<String, Object> map(String name) {
        Object value = given.get(name);
        Map<String, Object> map = Json.object(value);
        if (value != null && map == null) {
            throw wrong(name, value, "a map");
        }
        return map == null ? new LinkedHashMap<>() : map;
    }

    /** A map of texts; empty if it is not given. */
    public Map<String, String> texts(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        map(name).forEach((key, value) -> texts.put(key, String.valueOf(value)));
        return texts;
    }

    /** An argument of any type, or null. */
    public Object any(String name) {
        return given.get(name);
    }

    /**
     * Parameters that a setup passes on.
     *
     * @param reserved names that may not be among them
     */
    public Map<String, Object> additional(Set<String> reserved) {
        Map<String, Object> additional = map("additional_kwargs");
        Set<String> clash = new HashSet<>(additional.keySet());
        clash.retainAll(reserved);
        if (!clash.isEmpty()) {
            throw new IllegalArgumentException(
                    owner
                            + ": additional_kwargs cannot set "
                            + String.join(", ", new TreeSet<>(clash))
                            + ". Messages and tools are those of the request, and answers come as "
                            + "a whole.");
        }
        return additional;
    }

    /** An argument that does not fit. */
    public IllegalArgumentException wrong(String name, Object value, String expected) {
        return new IllegalArgumentException(
                owner + ": " + name + "=" + value + " is not " + expected + ".");
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }
}

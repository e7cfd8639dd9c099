package org.apache.flink.agents.api.resource;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Map;

/** Reads an argument of a descriptor as the type that its class wants. */
final class ArgumentValues {
    private ArgumentValues() {}

    static Object convert(ResourceDescriptor of, String name, Object value, Class<?> type) {
        if (type.isInstance(value)) {
            return value;
        }
        if (value instanceof Map && Map.class.isAssignableFrom(type)) {
            return value;
        }
        if (value instanceof Collection && Collection.class.isAssignableFrom(type)) {
            return value;
        }
        try {
            return scalar(String.valueOf(value).strip(), value, type);
        } catch (IllegalArgumentException | ArithmeticException error) {
            Object shown = Secrets.masked(name, value);
            throw new IllegalArgumentException(
                    "Argument '%s' of %s must be %s, but is %s (%s)."
                            .formatted(
                                    name,
                                    of.getClazz(),
                                    type.getSimpleName(),
                                    shown,
                                    value.getClass().getSimpleName()));
        }
    }

    private static Object scalar(String text, Object value, Class<?> type) {
        boolean isNumber = value instanceof Number || value instanceof String;
        if (type == Integer.class && isNumber) {
            return new BigDecimal(text).intValueExact();
        }
        if (type == Long.class && isNumber) {
            return new BigDecimal(text).longValueExact();
        }
        if (type == Double.class && isNumber) {
            return Double.valueOf(text);
        }
        if (type == Float.class && isNumber) {
            return Float.valueOf(text);
        }
        if (type == Boolean.class && (text.equals("true") || text.equals("false"))) {
            return Boolean.valueOf(text);
        }
        if (type == String.class && (value instanceof Number || value instanceof Boolean)) {
            return text;
        }
        throw new IllegalArgumentException();
    }
}

package org.apache.flink.agents.api.configuration;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.resource.Secrets;

/** Reads the value of an option as the type that it has. */
final class OptionValues {
    private static final Pattern TIME =
            Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)\\s*([^\\W\\d_]*)");
    private static final Set<String> TRUE = Set.of("true", "yes", "on", "1");
    private static final Set<String> FALSE = Set.of("false", "no", "off", "0");

    private OptionValues() {}

    static <T> T read(String key, Class<T> type, Object value) {
        try {
            return type.cast(convert(type, value));
        } catch (IllegalArgumentException | ArithmeticException | ClassCastException error) {
            int lastDot = key.lastIndexOf('.');
            boolean hidden = Secrets.isSecretName(key.substring(lastDot + 1));
            throw new IllegalArgumentException(
                    "Option '%s' must be %s, but is %s."
                            .formatted(
                                    key,
                                    expected(type),
                                    hidden ? "a value that is not shown" : "'" + value + "'"));
        }
    }

    /** A value in the form in which it can be written to a file. */
    static Object plain(Object value) {
        if (value instanceof Enum<?> member) {
            return spelled(member);
        }
        if (value instanceof Duration duration) {
            return duration.toNanos() / 1e9;
        }
        return value;
    }

    private static Object convert(Class<?> type, Object value) {
        if (type.isInstance(value)) {
            return value;
        }
        String text = String.valueOf(value).strip();
        if (type.isEnum()) {
            return member(type, text);
        }
        if (type == Boolean.class) {
            return truth(text);
        }
        if (type == Integer.class) {
            return number(value, text).intValueExact();
        }
        if (type == Long.class) {
            return number(value, text).longValueExact();
        }
        if (type == Double.class) {
            return finite(number(value, text).doubleValue());
        }
        if (type == Float.class) {
            return (float) finite(number(value, text).floatValue());
        }
        if (type == Duration.class) {
            return duration(text);
        }
        if (type == String.class && (value instanceof Number || value instanceof Boolean)) {
            return text;
        }
        throw new IllegalArgumentException();
    }

    private static BigDecimal number(Object value, String text) {
        if (value instanceof Number || value instanceof String) {
            return new BigDecimal(text);
        }
        throw new IllegalArgumentException();
    }

    private static double finite(double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    private static Boolean truth(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (!TRUE.contains(lower) && !FALSE.contains(lower)) {
            throw new IllegalArgumentException();
        }
        return TRUE.contains(lower);
    }

    private static Object member(Class<?> type, String text) {
        for (Object constant : type.getEnumConstants()) {
            Enum<?> member = (Enum<?>) constant;
            if (text.equalsIgnoreCase(member.name()) || text.equalsIgnoreCase(spelled(member))) {
                return member;
            }
        }
        throw new IllegalArgumentException();
    }

    private static Duration duration(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException();
        }
        BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(nanosOf(matcher.group(2)));
        return Duration.ofNanos(nanos.setScale(0, RoundingMode.HALF_UP).longValueExact());
    }

    private static BigDecimal nanosOf(String unit) {
        return BigDecimal.valueOf(
                switch (unit.toLowerCase(Locale.ROOT)) {
                    case "ns", "nano", "nanos", "nanosecond", "nanoseconds" -> 1L;
                    case "us", "µs", "μs", "micro", "micros", "microsecond", "microseconds" ->
                            1_000L;
                    case "ms", "milli", "millis", "millisecond", "milliseconds" -> 1_000_000L;
                    case "", "s", "sec", "secs", "second", "seconds" -> 1_000_000_000L;
                    case "m", "min", "mins", "minute", "minutes" -> 60_000_000_000L;
                    case "h", "hour", "hours" -> 3_600_000_000_000L;
                    case "d", "day", "days" -> 86_400_000_000_000L;
                    default -> throw new IllegalArgumentException();
                });
    }

    private static String spelled(Enum<?> member) {
        return member.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String expected(Class<?> type) {
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(member -> "'" + spelled((Enum<?>) member) + "'")
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        if (type == Boolean.class) {
            return "true or false";
        }
        if (type == Integer.class || type == Long.class) {
            return "a whole number";
        }
        if (type == Double.class || type == Float.class) {
            return "a number";
        }
        if (type == Duration.class) {
            return "a length of time such as 1.5 (seconds) or '500 ms'";
        }
        return type == String.class ? "a text" : "of type " + type.getSimpleName();
    }
}

package org.apache.flink.agents.api.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The forms of texts, numbers, truth values, dates and times. */
final class Scalars {
    private static final Map<Class<?>, JsonForm> FORMS = new HashMap<>();
    private static final int MAX_DIGITS = 1000;

    static {
        put(String.class, schema("string"), "a valid string", String.class::cast);
        put(CharSequence.class, schema("string"), "a valid string", String.class::cast);
        number(byte.class, Byte.class, 8, BigInteger::byteValueExact, (byte) 0);
        number(short.class, Short.class, 16, BigInteger::shortValueExact, (short) 0);
        number(int.class, Integer.class, 32, BigInteger::intValueExact, 0);
        number(long.class, Long.class, 64, BigInteger::longValueExact, 0L);
        put(BigInteger.class, schema("integer"), "a valid integer", Scalars::integer);
        both(double.class, Double.class, schema("number"), "a valid number", Scalars::real, 0.0);
        both(float.class, Float.class, schema("number"), "a number of 32 bits", Scalars::small, 0f);
        put(Number.class, schema("number"), "a valid number", Scalars::real);
        Map<String, Object> truth = schema("boolean");
        both(boolean.class, Boolean.class, truth, "true or false", Scalars::truth, false);
        Map<String, Object> character = schema("string");
        character.put("minLength", 1);
        character.put("maxLength", 1);
        both(char.class, Character.class, character, "one character", Scalars::character, '\0');
        Map<String, Object> decimal = new LinkedHashMap<>();
        decimal.put("anyOf", List.of(schema("number"), schema("string")));
        put(BigDecimal.class, decimal, "a decimal number", Scalars::decimal);
        text(UUID.class, "uuid", "a valid UUID", UUID::fromString);
        text(LocalDate.class, "date", "a date such as '2026-01-31'", LocalDate::parse);
        text(LocalTime.class, "time", "a time such as '13:30:00'", LocalTime::parse);
        text(Duration.class, "duration", "a duration such as 'PT1H30M'", Duration::parse);
        text(LocalDateTime.class, Scalars::local);
        text(Instant.class, value -> zoned(value).toInstant());
        text(OffsetDateTime.class, Scalars::zoned);
        text(ZonedDateTime.class, value -> zoned(value).toZonedDateTime());
        Map<String, Object> bytes = schema("string");
        bytes.put("contentEncoding", "base64");
        put(byte[].class, bytes, "bytes in base64", v -> Base64.getDecoder().decode((String) v));
    }

    private Scalars() {}

    /** The form of a class, or null if it is no scalar. */
    static JsonForm of(Class<?> type) {
        return FORMS.get(type);
    }

    /** Another Java class of the same JSON: its values are made of those of a known one. */
    static JsonForm like(Class<?> known, UnaryOperator<Object> made) {
        ScalarForm form = (ScalarForm) FORMS.get(known);
        return new ScalarForm(
                Object.class,
                form.schema(),
                form.expected(),
                value -> made.apply(form.reader().apply(value)),
                null);
    }

    private static Map<String, Object> schema(String type) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", type);
        return schema;
    }

    private static void put(
            Class<?> type,
            Map<String, Object> schema,
            String expected,
            Function<Object, Object> reader) {
        FORMS.put(type, new ScalarForm(type, schema, expected, reader, null));
    }

    private static void both(
            Class<?> primitive,
            Class<?> type,
            Map<String, Object> schema,
            String expected,
            Function<Object, Object> reader,
            Object empty) {
        put(type, schema, expected, reader);
        FORMS.put(primitive, new ScalarForm(primitive, schema, expected, reader, empty));
    }

    private static void number(
            Class<?> primitive,
            Class<?> type,
            int bits,
            Function<BigInteger, Object> exact,
            Object empty) {
        String expected = "a valid integer of %d bits".formatted(bits);
        both(primitive, type, schema("integer"), expected, v -> exact.apply(integer(v)), empty);
    }

    private static void text(
            Class<?> type, String format, String expected, Function<String, Object> reader) {
        Map<String, Object> schema = schema("string");
        schema.put("format", format);
        put(type, schema, expected, value -> reader.apply((String) value));
    }

    private static void text(Class<?> type, Function<String, Object> reader) {
        text(type, "date-time", "a date and time such as '2026-01-31T13:30:00Z'", reader);
    }

    private static BigDecimal decimal(Object value) {
        if (!(value instanceof Number || value instanceof String)) {
            throw new IllegalArgumentException();
        }
        BigDecimal number = new BigDecimal(value.toString().strip());
        // 1e999999999 is a short text of a number that fills the memory.
        if (Math.abs((long) number.scale()) > MAX_DIGITS || number.precision() > MAX_DIGITS) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    private static BigInteger integer(Object value) {
        return decimal(value).toBigIntegerExact();
    }

    private static Double real(Object value) {
        return finite(decimal(value).doubleValue());
    }

    private static Float small(Object value) {
        return (float) finite(decimal(value).floatValue());
    }

    private static double finite(double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    private static Boolean truth(Object value) {
        return switch (value.toString().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new IllegalArgumentException();
        };
    }

    private static Character character(Object value) {
        String text = (String) value;
        if (text.length() != 1) {
            throw new IllegalArgumentException();
        }
        return text.charAt(0);
    }

    private static LocalDateTime local(String text) {
        return LocalDateTime.from(time(text));
    }

    private static OffsetDateTime zoned(String text) {
        TemporalAccessor time = time(text);
        return time instanceof OffsetDateTime zoned
                ? zoned
                : ((LocalDateTime) time).atOffset(ZoneOffset.UTC);
    }

    private static TemporalAccessor time(String text) {
        return DateTimeFormatter.ISO_DATE_TIME.parseBest(
                text.replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from);
    }
}

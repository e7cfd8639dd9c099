package org.apache.flink.agents.runtime.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** Values without parts, of which JSON has no kind of their own: their tags and their text. */
final class Leaves {

    /** A leaf type: its tag in JSON, and both directions. */
    record Leaf(
            String tag, Function<Object, JsonNode> encode, Function<JsonNode, Object> decode) {}

    private static final Map<Class<?>, Leaf> BY_CLASS = new HashMap<>();
    private static final Map<String, Leaf> BY_TAG = new HashMap<>();

    static {
        JsonNodeFactory json = JsonNodeFactory.instance;
        add(Byte.class, "byte", json::numberNode, node -> (byte) node.intValue());
        add(Short.class, "short", json::numberNode, node -> (short) node.intValue());
        add(Float.class, "float", value -> TextNode.valueOf(value.toString()), node -> Float
                .valueOf(node.textValue()));
        text(Character.class, "char", text -> text.charAt(0));
        text(BigInteger.class, "integer", BigInteger::new);
        text(BigDecimal.class, "decimal", BigDecimal::new);
        text(UUID.class, "uuid", UUID::fromString);
        text(Instant.class, "instant", Instant::parse);
        text(LocalDate.class, "date", LocalDate::parse);
        text(LocalTime.class, "time", LocalTime::parse);
        text(LocalDateTime.class, "datetime", LocalDateTime::parse);
        text(OffsetDateTime.class, "offset-datetime", OffsetDateTime::parse);
        text(OffsetTime.class, "offset-time", OffsetTime::parse);
        text(ZonedDateTime.class, "zoned-datetime", ZonedDateTime::parse);
        text(ZoneOffset.class, "zone-offset", ZoneOffset::of);
        text(Duration.class, "duration", Duration::parse);
        text(Period.class, "period", Period::parse);
        text(YearMonth.class, "year-month", YearMonth::parse);
        text(java.sql.Timestamp.class, "timestamp", java.sql.Timestamp::valueOf);
        text(java.sql.Date.class, "sql-date", java.sql.Date::valueOf);
        add(
                Date.class,
                "millis",
                value -> json.numberNode(value.getTime()),
                node -> new Date(node.longValue()));
    }

    private Leaves() {}

    static Leaf of(Class<?> type) {
        return BY_CLASS.get(type);
    }

    static Leaf of(String tag) {
        return BY_TAG.get(tag);
    }

    private static <T> void text(Class<T> type, String tag, Function<String, T> parse) {
        add(
                type,
                tag,
                value -> TextNode.valueOf(value.toString()),
                node -> parse.apply(node.textValue()));
    }

    private static <T> void add(
            Class<T> type,
            String tag,
            Function<T, JsonNode> encode,
            Function<JsonNode, Object> decode) {
        Leaf leaf = new Leaf(tag, value -> encode.apply(type.cast(value)), decode);
        BY_CLASS.put(type, leaf);
        BY_TAG.put(tag, leaf);
    }
}

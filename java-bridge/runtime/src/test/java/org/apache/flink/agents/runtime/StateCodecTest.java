package org.apache.flink.agents.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.StateFormatException;
import org.apache.flink.agents.runtime.state.StateCodec;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;

class StateCodecTest {
    enum Color {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "leaf";
            }
        }
    }

    record Point(long x, int y, List<Object> tags, Color color) {}

    static class Base {
        private int number = 7;
        protected String name;
    }

    static class Order extends Base {
        private final TreeMap<String, Integer> amounts = new TreeMap<>();
        private ConcurrentHashMap<String, Long> seen = new ConcurrentHashMap<>();
        transient Thread worker;
        double price;
        char letter = 'c';

        boolean same(Order other) {
            return name.equals(other.name)
                    && amounts.equals(other.amounts)
                    && seen.equals(other.seen)
                    && price == other.price
                    && letter == other.letter;
        }
    }

    static class Measured extends Event {
        private final String sensor;
        private final Object value;

        @JsonCreator
        Measured(@JsonProperty("sensor") String sensor, @JsonProperty("value") Object value) {
            this.sensor = sensor;
            this.value = value;
        }
    }

    static class NoBean {
        private final int number;

        NoBean(int number) {
            this.number = number;
        }
    }

    private final StateCodec codec = new StateCodec(getClass().getClassLoader());

    @Test
    void valuesKeepTheirTypes() {
        Map<Object, Object> odd = new LinkedHashMap<>();
        odd.put(1, "one");
        odd.put(null, 2L);
        Map<String, Object> tagged = new LinkedHashMap<>();
        tagged.put("$", "decimal");
        List<Object> values =
                Arrays.asList(
                        null,
                        true,
                        "text \ud83d \u20ac \0",
                        1,
                        1L,
                        Long.MAX_VALUE,
                        1.0,
                        1e300,
                        -0.0,
                        Double.NaN,
                        Float.MIN_VALUE,
                        (short) 3,
                        (byte) 4,
                        'x',
                        new BigInteger("123456789012345678901234567890"),
                        new BigDecimal("1.50"),
                        UUID.randomUUID(),
                        Instant.now(),
                        LocalDate.of(2024, 2, 29),
                        LocalDateTime.of(2024, 2, 29, 1, 2, 3, 4),
                        OffsetDateTime.now(ZoneOffset.ofHours(5)),
                        ZonedDateTime.of(
                                2020, 10, 25, 2, 30, 0, 0, ZoneId.of("Europe/Paris")),
                        Duration.ofNanos(1),
                        new java.util.Date(5),
                        java.sql.Timestamp.valueOf("2024-01-01 00:00:00.123456"),
                        new ArrayList<>(List.of(1, "a")),
                        new LinkedHashMap<>(Map.of("a", 1L)),
                        odd,
                        tagged,
                        new TreeMap<>(Map.of("b", 1)),
                        new LinkedHashSet<>(List.of(3, 1)),
                        new TreeSet<>(List.of(3, 1)),
                        Color.GREEN,
                        new Point(1, 2, List.of(3L, Color.RED), Color.GREEN),
                        Point.class,
                        new ChatMessage(
                                MessageRole.TOOL, "x", List.of(), Map.of("external_id", 5L)));
        for (Object value : values) {
            Object back = codec.loads(codec.dumps(value));
            assertEquals(value, back);
            if (value != null) {
                assertEquals(value.getClass(), back.getClass());
            }
        }
        assertTrue(codec.dumps(values.get(2)).chars().allMatch(c -> c < 128));
    }

    @Test
    void arraysAndDequesComeBack() {
        assertArrayEquals(
                new byte[] {1, -1}, (byte[]) codec.loads(codec.dumps(new byte[] {1, -1})));
        assertArrayEquals(new long[] {1, 2}, (long[]) codec.loads(codec.dumps(new long[] {1, 2})));
        assertArrayEquals(
                new String[] {"a", null},
                (String[]) codec.loads(codec.dumps(new String[] {"a", null})));
        assertArrayEquals(
                new int[][] {{1}, {2, 3}},
                (int[][]) codec.loads(codec.dumps(new int[][] {{1}, {2, 3}})));
        ArrayDeque<Object> deque = new ArrayDeque<>(List.of(1, 2));
        assertEquals(2, ((ArrayDeque<?>) codec.loads(codec.dumps(deque))).getLast());
    }

    @Test
    void rowsKeepKindNamesAndPositions() {
        Row positions = Row.ofKind(RowKind.DELETE, 1, "a");
        Row names = Row.withNames();
        names.setField("b", 2L);
        Row both =
                org.apache.flink.types.RowUtils.createRowWithNamedPositions(
                        RowKind.INSERT,
                        new Object[] {1, null},
                        new LinkedHashMap<>(Map.of("x", 0, "y", 1)));
        for (Row row : List.of(positions, names, both)) {
            Row back = (Row) codec.loads(codec.dumps(row));
            assertEquals(row, back);
            assertEquals(row.getFieldNames(true), back.getFieldNames(true));
        }
        assertEquals(1, ((Row) codec.loads(codec.dumps(both))).getField(0));
    }

    @Test
    void beansAndEventsAreStoredByTheirFields() {
        Order order = new Order();
        order.name = "n";
        order.amounts.put("a", 1);
        order.seen.put("s", 5L);
        order.price = 2.5;
        order.worker = Thread.currentThread();
        assertTrue(order.same((Order) codec.loads(codec.dumps(order))));

        Measured event = new Measured("s1", new Point(1, 2, List.of(), null));
        event.setAttr("k", Instant.EPOCH);
        event.setSourceTimestamp(5L);
        Measured back = (Measured) codec.loads(codec.dumps(event));
        assertEquals(event.getId(), back.getId());
        assertEquals(event.value, back.value);
        assertEquals(event.sensor, back.sensor);
        assertEquals(Instant.EPOCH, back.getAttr("k"));
        assertEquals(5L, back.getSourceTimestamp());
    }

    @Test
    void requestsWithAnOutputSchemaComeBack() {
        ChatRequestEvent event =
                new ChatRequestEvent("m", List.of(ChatMessage.user("q")), Point.class);
        ChatRequestEvent back = (ChatRequestEvent) codec.loads(codec.dumps(event));
        assertEquals(event.getId(), back.getId());
        assertEquals(event.getMessages(), back.getMessages());
        assertEquals(
                event.getOutputSchema().getJsonSchema(), back.getOutputSchema().getJsonSchema());
        ChatRequestEvent rows =
                new ChatRequestEvent(
                        "m",
                        List.of(),
                        new org.apache.flink.api.java.typeutils.RowTypeInfo(
                                new org.apache.flink.api.common.typeinfo.TypeInformation<?>[] {
                                    org.apache.flink.api.common.typeinfo.Types.LONG
                                },
                                new String[] {"n"}));
        back = (ChatRequestEvent) codec.loads(codec.dumps(rows));
        assertEquals(
                rows.getOutputSchema().getJsonSchema(), back.getOutputSchema().getJsonSchema());
    }

    @Test
    void whatCannotBeKeptIsRefusedByName() {
        refused(new Object(), "java.lang.Object");
        refused(Thread.currentThread(), "java.lang.Thread");
        refused(new OutputEvent(Thread.currentThread()), "OutputEvent.output");
        refused(new NoBean(1), "NoBean");
        refused(new IllegalStateException("x"), "IllegalStateException");
        Runnable lambda = () -> {};
        refused(lambda, "cannot be kept");
        refused(new Base() {}, "anonymous");
    }

    @Test
    void aValueThatContainsItselfIsRefused() {
        List<Object> list = new ArrayList<>();
        list.add(list);
        refused(list, "nested too deeply");
    }

    @Test
    void classesThatMayNotStandInStateAreNotCreatedFromIt() {
        for (String name : List.of("java.lang.Thread", "java.io.File", NoBean.class.getName())) {
            String text = "{\"$\":\"object\",\"c\":\"" + name + "\",\"v\":{}}";
            assertThrows(StateFormatException.class, () -> codec.loads(text));
        }
        assertThrows(
                StateFormatException.class,
                () -> codec.loads("{\"$\":\"object\",\"c\":\"no.Such\",\"v\":{}}"));
        assertThrows(StateFormatException.class, () -> codec.loads("{\"$\":\"new\",\"v\":1}"));
        assertThrows(StateFormatException.class, () -> codec.loads("[1"));
        assertThrows(StateFormatException.class, () -> codec.loads("[1] 2"));
    }

    @Test
    void fieldsThatAreMissingInStateKeepTheirDefault() {
        String text = "{\"$\":\"object\",\"c\":\"" + Base.class.getName() + "\",\"v\":{\"old\":1}}";
        assertEquals(7, ((Base) codec.loads(text)).number);
    }

    private void refused(Object value, String named) {
        String told =
                assertThrows(NotStorableException.class, () -> codec.dumps(value)).getMessage();
        assertTrue(told.contains(named), told);
    }
}

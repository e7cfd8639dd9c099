package org.apache.flink.agents.api.json;

import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.RowUtils;

/** The JSON forms of Flink types, by their {@link RowDescriptions descriptions}. */
final class RowForms {
    private static final Map<String, Class<?>> CLASSES =
            Map.ofEntries(
                    Map.entry("STRING", String.class),
                    Map.entry("BOOLEAN", Boolean.class),
                    Map.entry("BYTE", Byte.class),
                    Map.entry("SHORT", Short.class),
                    Map.entry("INT", Integer.class),
                    Map.entry("LONG", Long.class),
                    Map.entry("FLOAT", Float.class),
                    Map.entry("DOUBLE", Double.class),
                    Map.entry("CHAR", Character.class),
                    Map.entry("BIG_INT", BigInteger.class),
                    Map.entry("BIG_DEC", BigDecimal.class),
                    Map.entry("INSTANT", Instant.class),
                    Map.entry("SQL_DATE", java.sql.Date.class),
                    Map.entry("SQL_TIME", java.sql.Time.class),
                    Map.entry("SQL_TIMESTAMP", java.sql.Timestamp.class),
                    Map.entry("LOCAL_DATE", LocalDate.class),
                    Map.entry("LOCAL_TIME", LocalTime.class),
                    Map.entry("LOCAL_DATE_TIME", LocalDateTime.class));

    private RowForms() {}

    /**
     * The form of a described type.
     *
     * @throws IllegalArgumentException if it is no description
     */
    static JsonForm of(Object described) {
        if (described instanceof String basic && CLASSES.containsKey(basic)) {
            return basic(basic);
        }
        if (described instanceof Map<?, ?> map && map.size() == 1) {
            Object content = map.values().iterator().next();
            switch (String.valueOf(map.keySet().iterator().next())) {
                case "ROW":
                    return row((List<?>) content);
                case "LIST":
                    return new ListForm(of(content), false, list -> list);
                case "MAP":
                    List<?> types = (List<?>) content;
                    return new MapForm(of(types.get(0)), of(types.get(1)));
                case "ARRAY":
                    return array(of(((List<?>) content).get(1)), componentOf((List<?>) content));
                default:
            }
        }
        throw new IllegalArgumentException("This describes no Flink type: " + described);
    }

    private static JsonForm basic(String name) {
        return switch (name) {
            case "SQL_DATE" ->
                    Scalars.like(LocalDate.class, d -> java.sql.Date.valueOf((LocalDate) d));
            case "SQL_TIME" ->
                    Scalars.like(LocalTime.class, t -> java.sql.Time.valueOf((LocalTime) t));
            case "SQL_TIMESTAMP" ->
                    Scalars.like(
                            LocalDateTime.class,
                            t -> java.sql.Timestamp.valueOf((LocalDateTime) t));
            case "BIG_DEC" -> decimal();
            default -> Scalars.of(CLASSES.get(name));
        };
    }

    private static JsonForm decimal() {
        ScalarForm form = (ScalarForm) Scalars.of(BigDecimal.class);
        // As a text: a JSON number would be read as a float somewhere on its way.
        return new ScalarForm(
                form.type(),
                Map.of("type", "string", "description", "a decimal number"),
                form.expected(),
                form.reader(),
                null);
    }

    private static JsonForm row(List<?> described) {
        List<Field> fields = new ArrayList<>();
        LinkedHashMap<String, Integer> positions = new LinkedHashMap<>();
        for (Object member : described) {
            List<?> field = (List<?>) member;
            String name = (String) field.get(0);
            positions.put(name, fields.size());
            fields.add(new Field(name, of(field.get(1)), "", true, null));
        }
        return new ObjectForm(
                null,
                "Row",
                () -> fields,
                true,
                values ->
                        RowUtils.createRowWithNamedPositions(
                                RowKind.INSERT, values.toArray(), positions));
    }

    private static JsonForm array(JsonForm items, Class<?> component) {
        return new ListForm(
                items,
                false,
                list -> {
                    Object array = Array.newInstance(component, list.size());
                    for (int i = 0; i < list.size(); i++) {
                        Array.set(array, i, list.get(i));
                    }
                    return array;
                });
    }

    private static Class<?> componentOf(List<?> array) {
        Class<?> component = classOf(array.get(1));
        return "PRIMITIVE_ARRAY".equals(array.get(0))
                ? MethodType.methodType(component).unwrap().returnType()
                : component;
    }

    private static Class<?> classOf(Object described) {
        if (described instanceof String basic) {
            return CLASSES.get(basic);
        }
        Map.Entry<?, ?> only = ((Map<?, ?>) described).entrySet().iterator().next();
        return switch (String.valueOf(only.getKey())) {
            case "ROW" -> Row.class;
            case "LIST" -> List.class;
            case "MAP" -> Map.class;
            default -> componentOf((List<?>) only.getValue()).arrayType();
        };
    }
}

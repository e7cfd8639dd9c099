package org.apache.flink.agents.api.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.BasicArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.ListTypeInfo;
import org.apache.flink.api.java.typeutils.MapTypeInfo;
import org.apache.flink.api.java.typeutils.ObjectArrayTypeInfo;
import org.apache.flink.api.java.typeutils.RowTypeInfo;

/**
 * Flink row types as JSON, so that they can be stored and sent: the name of a basic type ({@code
 * "INT"}), {@code {"LIST": type}}, {@code {"MAP": [key type, value type]}}, {@code {"ARRAY": [kind,
 * type]}} or {@code {"ROW": [[name, type], ...]}}. The same in Python.
 */
final class RowDescriptions {
    private static final Map<TypeInformation<?>, String> BASIC = new LinkedHashMap<>();

    static {
        BASIC.put(Types.STRING, "STRING");
        BASIC.put(Types.BOOLEAN, "BOOLEAN");
        BASIC.put(Types.BYTE, "BYTE");
        BASIC.put(Types.SHORT, "SHORT");
        BASIC.put(Types.INT, "INT");
        BASIC.put(Types.LONG, "LONG");
        BASIC.put(Types.FLOAT, "FLOAT");
        BASIC.put(Types.DOUBLE, "DOUBLE");
        BASIC.put(Types.CHAR, "CHAR");
        BASIC.put(Types.BIG_INT, "BIG_INT");
        BASIC.put(Types.BIG_DEC, "BIG_DEC");
        BASIC.put(Types.INSTANT, "INSTANT");
        BASIC.put(Types.SQL_DATE, "SQL_DATE");
        BASIC.put(Types.SQL_TIME, "SQL_TIME");
        BASIC.put(Types.SQL_TIMESTAMP, "SQL_TIMESTAMP");
        BASIC.put(Types.LOCAL_DATE, "LOCAL_DATE");
        BASIC.put(Types.LOCAL_TIME, "LOCAL_TIME");
        BASIC.put(Types.LOCAL_DATE_TIME, "LOCAL_DATE_TIME");
    }

    private RowDescriptions() {}

    /** The JSON description of a {@code RowTypeInfo}. */
    static Object describeRow(Object rowType) {
        return describe((RowTypeInfo) rowType, "the row");
    }

    /**
     * The JSON description of a Flink type.
     *
     * @param where what the type belongs to, for the error
     * @throws IllegalArgumentException if JSON has no form for the type
     */
    private static Object describe(TypeInformation<?> type, String where) {
        String basic = BASIC.get(type);
        if (basic != null) {
            return basic;
        }
        if (type instanceof RowTypeInfo row) {
            List<Object> fields = new ArrayList<>();
            for (int i = 0; i < row.getArity(); i++) {
                String name = row.getFieldNames()[i];
                fields.add(List.of(name, describe(row.getTypeAt(i), name)));
            }
            return Map.of("ROW", fields);
        }
        if (type instanceof ListTypeInfo<?> list) {
            return Map.of("LIST", describe(list.getElementTypeInfo(), where));
        }
        if (type instanceof MapTypeInfo<?, ?> map) {
            return Map.of(
                    "MAP",
                    List.of(
                            describe(map.getKeyTypeInfo(), where),
                            describe(map.getValueTypeInfo(), where)));
        }
        if (type instanceof PrimitiveArrayTypeInfo<?> array
                && !array.getComponentType().equals(Types.BYTE)) {
            return array("PRIMITIVE_ARRAY", array.getComponentType(), where);
        }
        if (type instanceof BasicArrayTypeInfo<?, ?> array) {
            return array("BASIC_ARRAY", array.getComponentInfo(), where);
        }
        if (type instanceof ObjectArrayTypeInfo<?, ?> array) {
            return array("OBJECT_ARRAY", array.getComponentInfo(), where);
        }
        throw new IllegalArgumentException(
                ("A model cannot answer with %s (of %s). Use Types.ROW_NAMED, LIST, MAP, arrays, or"
                                + " one of %s.")
                        .formatted(type, where, String.join(", ", BASIC.values())));
    }

    private static Object array(String kind, TypeInformation<?> component, String where) {
        return Map.of("ARRAY", List.of(kind, describe(component, where)));
    }
}

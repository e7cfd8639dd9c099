package org.apache.flink.agents.runtime.python;

import java.lang.reflect.Field;

/** Fields of operators that PyFlink sets when it opens them. */
final class Fields {
    private Fields() {}

    /** Sets a field, of whichever class it is. */
    static void set(Object operator, String name, Object value) throws Exception {
        for (Class<?> type = operator.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    field.set(operator, value);
                    return;
                }
            }
        }
        throw new NoSuchFieldException(name);
    }
}

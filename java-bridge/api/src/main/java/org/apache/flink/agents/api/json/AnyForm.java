package org.apache.flink.agents.api.json;

import java.util.LinkedHashMap;
import java.util.Map;

/** Any JSON value. */
record AnyForm() implements JsonForm {
    @Override
    public Map<String, Object> schema(Definitions definitions) {
        return new LinkedHashMap<>();
    }

    @Override
    public Object read(String where, Object value, Problems problems) {
        return value;
    }

    @Override
    public boolean isNullable() {
        return true;
    }
}

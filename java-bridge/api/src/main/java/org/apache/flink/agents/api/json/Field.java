package org.apache.flink.agents.api.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.agents.api.annotation.ToolParam;

/**
 * A named member of an object: a field, a record component or a parameter.
 *
 * @param name its name in JSON
 * @param form its form
 * @param description what it means, or empty
 * @param required whether it must be given
 * @param defaultValue JSON value that it has when it is not given
 */
record Field(
        String name, JsonForm form, String description, boolean required, Object defaultValue) {

    /**
     * A member of a Java type.
     *
     * @param javaName its name in the program, or null if the program does not tell
     * @param annotation what is said about it, or null
     * @throws IllegalArgumentException if JSON has no form for the type
     */
    static Field of(String javaName, Type type, ToolParam annotation, JsonForms forms) {
        boolean isNamed = annotation != null && !annotation.name().isEmpty();
        String name = isNamed ? annotation.name() : javaName;
        if (name == null) {
            throw new IllegalArgumentException(
                    "its name is not known: name it with @ToolParam(name = \"...\"), or compile"
                            + " with -parameters");
        }
        JsonForm form;
        try {
            form = forms.of(type);
        } catch (IllegalArgumentException error) {
            throw new IllegalArgumentException("'" + name + "': " + error.getMessage(), error);
        }
        String description = annotation == null ? "" : annotation.description();
        boolean hasDefault = annotation != null && !annotation.defaultValue().isEmpty();
        boolean optional =
                hasDefault
                        || form instanceof NullableForm
                        || (annotation != null && !annotation.required());
        if (!optional) {
            return new Field(name, form, description, true, null);
        }
        if (hasDefault) {
            Object value = defaultOf(name, form, annotation.defaultValue());
            return new Field(name, form, description, false, value);
        }
        if (form.isNullable() || form.empty() != null) {
            Object value = form.isNullable() ? null : form.empty();
            return new Field(name, form, description, false, value);
        }
        return new Field(name, new NullableForm(form, false), description, false, null);
    }

    private static Object defaultOf(String name, JsonForm form, String text) {
        Object value;
        try {
            value = JsonValues.read(text);
        } catch (JsonProcessingException error) {
            value = text; // A text is more often written without the quotes of JSON.
        }
        Problems problems = new Problems();
        form.read("", value, problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("the default of '" + name + "': " + problems);
        }
        return value;
    }

    Map<String, Object> schema(Definitions definitions) {
        Map<String, Object> schema = form.schema(definitions);
        if (!description.isEmpty()) {
            schema.put("description", description);
        }
        if (!required) {
            schema.put("default", defaultValue);
        }
        return schema;
    }

    /** Reads the member of an object, which may be missing. */
    Object read(String where, Map<?, ?> members, Problems problems) {
        Object value = members.get(name);
        boolean missing = !members.containsKey(name);
        // Some services make a model give every member, and null for those it leaves out.
        if (missing || (value == null && !required)) {
            if (required) {
                problems.add(Problems.join(where, name), "field required");
                return null;
            }
            return defaultValue == null
                    ? form.empty()
                    : form.read(Problems.join(where, name), defaultValue, problems);
        }
        return form.read(Problems.join(where, name), value, problems);
    }
}

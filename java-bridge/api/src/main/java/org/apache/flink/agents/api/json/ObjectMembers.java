package org.apache.flink.agents.api.json;

import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.agents.api.annotation.ToolParam;

/** The members of a record, or the fields of a bean with a constructor without parameters. */
final class ObjectMembers {
    private final Class<?> type;
    private final JsonForms forms;
    private final List<Field> fields = new ArrayList<>();
    private final List<java.lang.reflect.Field> javaFields = new ArrayList<>();
    private Constructor<?> constructor;

    ObjectMembers(Class<?> type, JsonForms forms) {
        this.type = type;
        this.forms = forms;
    }

    List<Field> fields() {
        return fields;
    }

    /**
     * Looks the members up.
     *
     * @throws IllegalArgumentException if one has no form in JSON, or the class cannot be created
     */
    void find() {
        try {
            if (type.isRecord()) {
                findComponents();
            } else {
                findFields();
            }
            constructor.setAccessible(true);
        } catch (NoSuchMethodException error) {
            throw new IllegalArgumentException(
                    type.getName()
                            + " has no constructor without parameters. Add one, or make it a"
                            + " record.",
                    error);
        } catch (InaccessibleObjectException error) {
            throw new IllegalArgumentException(
                    type.getName() + " cannot be reached: " + error.getMessage(), error);
        }
    }

    /** An object of values in the order of the fields. */
    Object create(List<Object> values) {
        try {
            if (type.isRecord()) {
                return constructor.newInstance(values.toArray());
            }
            Object made = constructor.newInstance();
            for (int i = 0; i < values.size(); i++) {
                javaFields.get(i).set(made, values.get(i));
            }
            return made;
        } catch (InvocationTargetException error) {
            throw new IllegalArgumentException(
                    type.getSimpleName() + " refuses the values: " + error.getCause().getMessage(),
                    error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(type.getName() + " cannot be created", error);
        }
    }

    private void findComponents() throws NoSuchMethodException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] parameters = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent component = components[i];
            parameters[i] = component.getType();
            ToolParam annotation = component.getAnnotation(ToolParam.class);
            add(component.getName(), component.getGenericType(), annotation);
        }
        constructor = type.getDeclaredConstructor(parameters);
    }

    private void findFields() throws NoSuchMethodException {
        List<Class<?>> lineage = new ArrayList<>();
        for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
            lineage.add(0, c);
        }
        constructor = type.getDeclaredConstructor();
        for (Class<?> declaring : lineage) {
            for (java.lang.reflect.Field field : declaring.getDeclaredFields()) {
                int modifiers = field.getModifiers();
                if (Modifier.isStatic(modifiers)
                        || Modifier.isTransient(modifiers)
                        || field.isSynthetic()) {
                    continue;
                }
                if (Modifier.isFinal(modifiers)) {
                    throw new IllegalArgumentException(
                            "%s.%s is final. Make the class a record, or the field not final."
                                    .formatted(declaring.getName(), field.getName()));
                }
                field.setAccessible(true);
                javaFields.add(field);
                add(field.getName(), field.getGenericType(), field.getAnnotation(ToolParam.class));
            }
        }
    }

    private void add(String name, Type member, ToolParam annotation) {
        try {
            fields.add(Field.of(name, member, annotation, forms));
        } catch (IllegalArgumentException error) {
            throw new IllegalArgumentException(
                    "of " + type.getSimpleName() + ", " + error.getMessage(), error);
        }
    }
}

package org.apache.flink.agents.runtime.state;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.StateFormatException;

/**
 * A class of values as its fields, those of its superclasses included; transient ones are left out.
 *
 * @param type the class
 * @param fields its fields by their names in state
 * @param constructor makes an instance: of a record the canonical one, else one without parameters
 */
record DataClass(Class<?> type, Map<String, Field> fields, Constructor<?> constructor) {

    /**
     * The form of a class.
     *
     * @param problem why it may not stand in state, as a clause, or null
     * @throws NotStorableException if there is a problem
     */
    static DataClass of(Class<?> type, String problem) {
        if (problem != null) {
            throw refuse(type, problem);
        }
        try {
            Map<String, Field> fields = fieldsOf(type);
            return new DataClass(type, fields, constructorOf(type));
        } catch (InaccessibleObjectException error) {
            throw refuse(type, "has fields that cannot be reached: " + error.getMessage());
        } catch (NoSuchMethodException error) {
            throw refuse(type, "cannot be created: " + error.getMessage());
        }
    }

    /** The value of a field. */
    Object get(Field field, Object instance) {
        try {
            return field.get(instance);
        } catch (IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }

    /**
     * An instance.
     *
     * @param values values by the fields' names; what is missing keeps its default
     */
    Object create(Map<String, Object> values) {
        try {
            if (type.isRecord()) {
                Object[] arguments = new Object[fields.size()];
                int index = 0;
                for (Map.Entry<String, Field> field : fields.entrySet()) {
                    Class<?> wanted = field.getValue().getType();
                    Object value = values.get(field.getKey());
                    arguments[index++] =
                            value == null && wanted.isPrimitive()
                                    ? java.lang.reflect.Array.get(
                                            java.lang.reflect.Array.newInstance(wanted, 1), 0)
                                    : fit(value, wanted);
                }
                return constructor.newInstance(arguments);
            }
            Object instance = constructor.newInstance();
            for (Map.Entry<String, Object> value : values.entrySet()) {
                Field field = fields.get(value.getKey());
                if (field != null) {
                    field.set(instance, fit(value.getValue(), field.getType()));
                }
            }
            return instance;
        } catch (ReflectiveOperationException | IllegalArgumentException error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            throw new StateFormatException(
                    "State holds a value of class "
                            + type.getName()
                            + " that no longer fits the class: "
                            + cause,
                    error);
        }
    }

    private static Map<String, Field> fieldsOf(Class<?> type) {
        Map<String, Field> fields = new LinkedHashMap<>();
        if (type.isRecord()) {
            // In the order of the canonical constructor's parameters.
            for (RecordComponent component : type.getRecordComponents()) {
                for (Field field : type.getDeclaredFields()) {
                    if (field.getName().equals(component.getName())) {
                        field.setAccessible(true);
                        fields.put(field.getName(), field);
                    }
                }
            }
            return fields;
        }
        Deque<Class<?>> parents = new ArrayDeque<>();
        for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
            parents.push(c);
        }
        for (Class<?> parent : parents) {
            for (Field field : parent.getDeclaredFields()) {
                int modifiers = field.getModifiers();
                if (Modifier.isStatic(modifiers) || Modifier.isTransient(modifiers)) {
                    continue;
                }
                field.setAccessible(true);
                checkBuildable(type, field);
                String name = field.getName();
                if (fields.containsKey(name)) {
                    name = parent.getSimpleName() + "." + name;
                }
                fields.put(name, field);
            }
        }
        return fields;
    }

    private static Constructor<?> constructorOf(Class<?> type) throws NoSuchMethodException {
        Constructor<?> constructor;
        if (type.isRecord()) {
            constructor =
                    type.getDeclaredConstructor(
                            Arrays.stream(type.getRecordComponents())
                                    .map(RecordComponent::getType)
                                    .toArray(Class<?>[]::new));
        } else {
            try {
                constructor = type.getDeclaredConstructor();
            } catch (NoSuchMethodException error) {
                // Events mostly have constructors with parameters; their fields are set instead.
                constructor = withoutConstructor(type);
            }
        }
        constructor.setAccessible(true);
        return constructor;
    }

    /** Makes instances as Java's own serialization does: no constructor of the class is run. */
    private static Constructor<?> withoutConstructor(Class<?> type) {
        try {
            // By name, since javac cannot be told to be silent about this class.
            Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
            Object instance = factory.getMethod("getReflectionFactory").invoke(null);
            return (Constructor<?>)
                    factory.getMethod(
                                    "newConstructorForSerialization",
                                    Class.class,
                                    Constructor.class)
                            .invoke(instance, type, Object.class.getDeclaredConstructor());
        } catch (ReflectiveOperationException error) {
            throw refuse(type, "cannot be created here, give it a constructor without parameters");
        }
    }

    /** Refuses a field of a collection class of which the codec could not make an instance. */
    private static void checkBuildable(Class<?> owner, Field field) {
        Class<?> wanted = field.getType();
        boolean isContainer =
                Collection.class.isAssignableFrom(wanted) || Map.class.isAssignableFrom(wanted);
        if (isContainer && !wanted.isInterface() && emptyOf(wanted) == null) {
            throw refuse(
                    owner,
                    String.format(
                            "has the field '%s' of class %s; declare it as List, Set or Map",
                            field.getName(), wanted.getName()));
        }
    }

    /** The value as the class that a field or parameter asks for. */
    @SuppressWarnings("unchecked")
    private static Object fit(Object value, Class<?> wanted) {
        if (value == null || wanted.isPrimitive() || wanted.isInstance(value)) {
            return value;
        }
        if (value instanceof Collection<?> items && emptyOf(wanted) instanceof Collection<?> made) {
            ((Collection<Object>) made).addAll(items);
            return made;
        }
        if (value instanceof Map<?, ?> items && emptyOf(wanted) instanceof Map<?, ?> made) {
            ((Map<Object, Object>) made).putAll(items);
            return made;
        }
        return value;
    }

    private static Object emptyOf(Class<?> wanted) {
        List<Object> candidates =
                List.of(
                        new java.util.TreeMap<>(),
                        new java.util.concurrent.ConcurrentSkipListMap<>(),
                        new java.util.TreeSet<>(),
                        new ArrayList<>(),
                        new ArrayDeque<>(),
                        new java.util.concurrent.LinkedBlockingDeque<>());
        if (wanted.isInterface()) {
            return candidates.stream().filter(wanted::isInstance).findFirst().orElse(null);
        }
        try {
            return wanted.getConstructor().newInstance();
        } catch (ReflectiveOperationException error) {
            return null;
        }
    }

    private static NotStorableException refuse(Class<?> type, String problem) {
        return new NotStorableException(
                "A " + type.getName() + " cannot be kept in state: it " + problem + ".");
    }
}

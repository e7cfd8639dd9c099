package org.apache.flink.agents.api.json;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;

/** Finds the JSON form of Java types. */
final class JsonForms {
    private static final String FIX =
            " Use texts, numbers, enums, lists, maps, Optional, records or beans.";

    private final Map<Class<?>, JsonForm> objects = new HashMap<>();

    /**
     * The form of a type.
     *
     * @throws IllegalArgumentException if JSON has none for it
     */
    JsonForm of(Type type) {
        if (type instanceof Class<?> plain) {
            return ofClass(plain);
        }
        if (type instanceof ParameterizedType generic) {
            return ofGeneric(generic);
        }
        if (type instanceof GenericArrayType array) {
            return array(of(array.getGenericComponentType()), Object.class);
        }
        if (type instanceof WildcardType wildcard) {
            return of(wildcard.getUpperBounds()[0]);
        }
        throw refusal(type);
    }

    private JsonForm ofClass(Class<?> type) {
        JsonForm scalar = Scalars.of(type);
        if (scalar != null) {
            return scalar;
        }
        if (type == Object.class) {
            return new AnyForm();
        }
        if (type.isEnum()) {
            return new EnumForm(type);
        }
        if (type.isArray()) {
            return array(of(type.getComponentType()), type.getComponentType());
        }
        if (Collection.class.isAssignableFrom(type)) {
            return collection(type, new AnyForm());
        }
        if (Map.class.isAssignableFrom(type)) {
            return map(type, Scalars.of(String.class), new AnyForm());
        }
        if (type == Optional.class) {
            return new NullableForm(new AnyForm(), true);
        }
        return object(type);
    }

    private JsonForm ofGeneric(ParameterizedType type) {
        Class<?> raw = (Class<?>) type.getRawType();
        Type[] arguments = type.getActualTypeArguments();
        if (Collection.class.isAssignableFrom(raw) && arguments.length == 1) {
            return collection(raw, of(arguments[0]));
        }
        if (Map.class.isAssignableFrom(raw) && arguments.length == 2) {
            JsonForm keys = of(arguments[0]);
            if (!(keys instanceof ScalarForm || keys instanceof EnumForm)) {
                throw refusal(type);
            }
            return map(raw, keys, of(arguments[1]));
        }
        if (raw == Optional.class) {
            return new NullableForm(of(arguments[0]), true);
        }
        throw refusal(type);
    }

    private JsonForm collection(Class<?> type, JsonForm items) {
        if (type.isAssignableFrom(ArrayList.class)) {
            return new ListForm(items, false, list -> list);
        }
        if (type.isAssignableFrom(LinkedHashSet.class)) {
            return new ListForm(items, true, LinkedHashSet::new);
        }
        throw refusal(type);
    }

    private JsonForm map(Class<?> type, JsonForm keys, JsonForm values) {
        if (!type.isAssignableFrom(LinkedHashMap.class)) {
            throw refusal(type);
        }
        return new MapForm(keys, values);
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

    private JsonForm object(Class<?> type) {
        JsonForm known = objects.get(type);
        if (known != null) {
            return known;
        }
        if (type.isInterface()
                || type.isPrimitive()
                || type.getTypeParameters().length > 0
                || type.getName().startsWith("java.")
                || Modifier.isAbstract(type.getModifiers())
                || (type.isMemberClass() && !Modifier.isStatic(type.getModifiers()))) {
            throw refusal(type);
        }
        ObjectMembers members = new ObjectMembers(type, this);
        JsonForm form =
                new ObjectForm(type, type.getSimpleName(), members::fields, false, members::create);
        objects.put(type, form);
        members.find();
        return form;
    }

    private static IllegalArgumentException refusal(Type type) {
        return new IllegalArgumentException(
                "a model cannot give a value of type " + type.getTypeName() + "." + FIX);
    }
}

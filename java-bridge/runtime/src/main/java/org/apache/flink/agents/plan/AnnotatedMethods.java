package org.apache.flink.agents.plan;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.agents.api.exceptions.DuplicateNameException;

/** Finds the annotated methods of a class and its base classes. */
final class AnnotatedMethods {
    private AnnotatedMethods() {}

    /**
     * The methods with an annotation, by name. Those of base classes come first; of one class they
     * come in the order of their names, because the order in a class file says nothing. A method
     * that a subclass declares again counts once, as that of the subclass, or not at all if it has
     * no such annotation there.
     *
     * @throws DuplicateNameException if one class has two such methods of one name
     */
    static Collection<Method> find(
            String agent, Class<?> type, Class<? extends Annotation> annotation) {
        Map<String, Method> found = new LinkedHashMap<>();
        for (Class<?> declaring : lineage(type)) {
            Map<String, Method> ofClass = new TreeMap<>();
            for (Method method : declaring.getDeclaredMethods()) {
                if (method.isAnnotationPresent(annotation)) {
                    if (ofClass.put(method.getName(), method) != null) {
                        throw new DuplicateNameException(
                                agent,
                                "@%s %s".formatted(annotation.getSimpleName(), method.getName()),
                                "is the name of two methods of " + declaring.getSimpleName(),
                                "The method's name is the name in the agent: rename one of them.");
                    }
                } else if (hides(method, found.get(method.getName()))) {
                    found.remove(method.getName());
                }
            }
            ofClass.keySet().forEach(found::remove);
            found.putAll(ofClass);
        }
        return found.values();
    }

    private static List<Class<?>> lineage(Class<?> type) {
        List<Class<?>> classes = new ArrayList<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
            classes.add(0, c);
        }
        return classes;
    }

    private static boolean hides(Method method, Method other) {
        return other != null
                && Arrays.equals(method.getParameterTypes(), other.getParameterTypes());
    }
}

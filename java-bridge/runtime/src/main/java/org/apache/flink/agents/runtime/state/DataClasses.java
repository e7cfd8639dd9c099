package org.apache.flink.agents.runtime.state;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.lang.reflect.Constructor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.StateFormatException;

/**
 * Which classes may stand in state, and what their instances are made of.
 *
 * <p>State names classes, so reading it could be made to create anything that is on the class path.
 * Therefore only these are taken: events, records, enums, the library's own values, and beans, which
 * have a constructor without parameters or one annotated with {@code @JsonCreator}. Classes of the
 * JDK never are.
 */
final class DataClasses {
    private static final String OWN = Event.class.getPackageName() + ".";

    private final ClassLoader loader;
    private final Map<String, Class<?>> found = new ConcurrentHashMap<>();
    private final Map<Class<?>, DataClass> forms = new ConcurrentHashMap<>();

    DataClasses(ClassLoader loader) {
        this.loader = loader;
    }

    /**
     * How the instances of a class are taken apart.
     *
     * @throws NotStorableException if it is not one that may stand in state
     */
    DataClass of(Class<?> type) {
        DataClass form = forms.get(type);
        if (form == null) {
            form = DataClass.of(type, problem(type));
            nameOf(type);
            forms.put(type, form);
        }
        return form;
    }

    /**
     * The name by which state knows a class.
     *
     * @throws NotStorableException if the job could not find it by that name after a restart
     */
    String nameOf(Class<?> type) {
        String name = type.getName();
        if (found.get(name) == type) {
            return name;
        }
        try {
            if (Class.forName(name, false, loader) == type) {
                found.put(name, type);
                return name;
            }
        } catch (ClassNotFoundException | LinkageError error) {
            // Refused below.
        }
        throw new NotStorableException(
                "A value of class "
                        + name
                        + " cannot be kept in state: the job's class loader does not find that"
                        + " class by its name. Put it into the job's jar.");
    }

    /**
     * The class of a name in state.
     *
     * @throws StateFormatException if there is none, or none that may stand in state
     */
    Class<?> find(String name) {
        Class<?> known = found.get(name);
        if (known != null) {
            return known;
        }
        Class<?> type;
        try {
            type = Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError error) {
            throw new StateFormatException(
                    "State holds a value of class "
                            + name
                            + ", which this job does not have. Was it renamed or moved? Keep it"
                            + " under its old name.",
                    error);
        }
        String problem = type.isEnum() ? null : problem(type);
        if (problem != null) {
            throw new StateFormatException(
                    "State holds a value of class " + name + ", which " + problem + ".");
        }
        found.put(name, type);
        return type;
    }

    /** The class of an array's items: any, since an array creates none of them. */
    Class<?> component(String name) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError error) {
            throw new StateFormatException(
                    "State holds an array of " + name + ", which this job does not have.", error);
        }
    }

    /** Why a class may not stand in state, as a clause; null if it may. */
    private static String problem(Class<?> type) {
        ClassLoader owner = type.getClassLoader();
        if (owner == null || owner == ClassLoader.getPlatformClassLoader()) {
            return "is a class of the JDK that has no form in state";
        }
        if (type.isInterface() || type.isArray() || type.isAnnotation()) {
            return "is no class of values";
        }
        if (type.isHidden() || type.isSynthetic() || type.isAnonymousClass()) {
            return "is a lambda or anonymous class";
        }
        boolean isStatic = java.lang.reflect.Modifier.isStatic(type.getModifiers());
        if (type.isLocalClass() && !type.isRecord() || type.isMemberClass() && !isStatic) {
            return "is an inner class; make it static";
        }
        if (Throwable.class.isAssignableFrom(type)) {
            return "is an exception; keep its text";
        }
        if (Event.class.isAssignableFrom(type)
                || type.isRecord()
                || type.getName().startsWith(OWN)
                || isBean(type)) {
            return null;
        }
        return "is no event, record or bean; make it a record, or give it a constructor without"
                + " parameters";
    }

    private static boolean isBean(Class<?> type) {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == 0
                    || constructor.isAnnotationPresent(JsonCreator.class)) {
                return true;
            }
        }
        return false;
    }
}

package org.apache.flink.agents.api.agents;

import java.io.Serializable;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.agents.api.resource.ClassNames;

/**
 * A public static method, as it travels with a job.
 *
 * @param className full name of its class
 * @param name its name
 * @param parameterTypes full names of its parameter types
 */
public record MethodReference(String className, String name, List<String> parameterTypes)
        implements Serializable {

    public MethodReference {
        parameterTypes = List.copyOf(parameterTypes);
    }

    public static MethodReference of(Method method) {
        return new MethodReference(
                method.getDeclaringClass().getName(),
                method.getName(),
                Arrays.stream(method.getParameterTypes()).map(Class::getName).toList());
    }

    /**
     * The method.
     *
     * @throws IllegalStateException if the worker does not have it
     */
    public Method resolve() {
        try {
            for (Method method : ClassNames.load(className).getDeclaredMethods()) {
                if (!method.isBridge() && of(method).equals(this)) {
                    return method;
                }
            }
        } catch (ClassNotFoundException error) {
            throw new IllegalStateException(missing("class"), error);
        }
        throw new IllegalStateException(missing("method"));
    }

    private String missing(String what) {
        return "The %s %s.%s%s is not on this worker. Put the jar with it on the job's class path."
                .formatted(what, className, name, parameterTypes);
    }
}

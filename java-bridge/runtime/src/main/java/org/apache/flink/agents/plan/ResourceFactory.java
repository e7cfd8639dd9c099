package org.apache.flink.agents.plan;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;

/** Creates a resource by the constructor of its class. */
final class ResourceFactory {
    private ResourceFactory() {}

    /**
     * The constructor that the runtime calls: with two parameters if there is one, else with none.
     */
    static Optional<Constructor<?>> constructorOf(Class<?> type) {
        return find(type, ResourceDescriptor.class, BiFunction.class).or(() -> find(type));
    }

    /**
     * Creates a resource.
     *
     * @throws Exception what its constructor throws
     */
    static Resource create(
            Class<?> type,
            ResourceDescriptor descriptor,
            BiFunction<String, ResourceType, Resource> getResource)
            throws Exception {
        Constructor<?> constructor =
                constructorOf(type)
                        .orElseThrow(
                                () -> new NoSuchMethodException("no constructor to call"));
        constructor.setAccessible(true);
        try {
            if (constructor.getParameterCount() == 2) {
                return (Resource) constructor.newInstance(descriptor, getResource);
            }
            Resource resource = (Resource) constructor.newInstance();
            resource.configure(descriptor, getResource);
            return resource;
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw error;
        }
    }

    private static Optional<Constructor<?>> find(Class<?> type, Class<?>... parameters) {
        try {
            Constructor<?> found = type.getDeclaredConstructor(parameters);
            boolean isPrivate = Modifier.isPrivate(found.getModifiers());
            return isPrivate ? Optional.empty() : Optional.of(found);
        } catch (NoSuchMethodException error) {
            return Optional.empty();
        }
    }
}

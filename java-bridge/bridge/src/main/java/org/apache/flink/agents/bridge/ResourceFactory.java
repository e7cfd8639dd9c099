package org.apache.flink.agents.bridge;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.resource.ClassNames;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;

/** Creates the Java resources that Python asks for. */
final class ResourceFactory {

    private ResourceFactory() {}

    /**
     * Creates a resource.
     *
     * @param descriptor its class and arguments
     * @param type what it must be
     * @throws ModelRequestException if there is no such class, or it is of another kind
     * @throws Exception what its constructor threw
     */
    static <T extends Resource> T create(ResourceDescriptor descriptor, Class<T> type)
            throws Exception {
        Class<?> found = find(descriptor.getClazz());
        if (!type.isAssignableFrom(found)) {
            throw new ModelRequestException(
                    "%s is no %s. Name a class that is one, as java_clazz."
                            .formatted(descriptor.getClazz(), type.getSimpleName()));
        }
        BiFunction<String, ResourceType, Resource> elsewhere = ResourceFactory::elsewhere;
        try {
            for (Constructor<?> constructor : found.getConstructors()) {
                Class<?>[] parameters = constructor.getParameterTypes();
                if (parameters.length == 2 && parameters[0] == ResourceDescriptor.class) {
                    return type.cast(constructor.newInstance(descriptor, elsewhere));
                }
            }
            T created = type.cast(found.getConstructor().newInstance());
            created.configure(descriptor, elsewhere);
            return created;
        } catch (NoSuchMethodException error) {
            throw new ModelRequestException(
                    descriptor.getClazz()
                            + " has no public constructor (ResourceDescriptor, BiFunction<String, "
                            + "ResourceType, Resource>) and none without parameters. Add one.");
        } catch (InvocationTargetException error) {
            throw error.getCause() instanceof Exception cause ? cause : error;
        }
    }

    private static Class<?> find(String name) {
        try {
            return ClassNames.load(name);
        } catch (ClassNotFoundException error) {
            throw new ModelRequestException(
                    "There is no Java class "
                            + error.getMessage()
                            + ". Check java_clazz; classes of your own must be on the class path of "
                            + "the environment variable FLINK_AGENTS_JAVA_CLASSPATH.");
        }
    }

    private static Resource elsewhere(String name, ResourceType type) {
        throw new IllegalStateException(
                "The %s '%s' belongs to the Python agent and is not within reach of Java."
                        .formatted(type.getValue(), name));
    }
}

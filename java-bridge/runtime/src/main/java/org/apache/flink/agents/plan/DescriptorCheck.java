package org.apache.flink.agents.plan;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.exceptions.ResourceTypeException;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.ClassNames;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.Reference;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/**
 * Checks the class and the arguments of a descriptor without creating the resource, which is left
 * to the worker: only there are its environment variables and servers.
 */
final class DescriptorCheck {
    private DescriptorCheck() {}

    /** Checks a descriptor and returns the resources that its arguments name. */
    static List<ResourceKey> check(
            String agent,
            ResourceKey key,
            ResourceDescriptor descriptor,
            ReadableConfiguration config) {
        Class<?> found = checkedClass(agent, key, descriptor.getClazz());
        ResourceDescriptor merged = DefaultArguments.merged(found, descriptor, config);
        List<ResourceKey> references = new ArrayList<>();
        for (Class<?> c = found; c != null; c = c.getSuperclass()) {
            for (Reference reference : c.getDeclaredAnnotationsByType(Reference.class)) {
                references.addAll(named(agent, key, merged, reference));
            }
        }
        return references;
    }

    private static Class<?> checkedClass(String agent, ResourceKey key, String name) {
        Class<?> found;
        try {
            found = ClassNames.load(name);
        } catch (ClassNotFoundException error) {
            throw new ResourceTypeException(
                    agent,
                    key.member(),
                    "its class " + name + " cannot be loaded (" + error.getMessage() + ")",
                    "Use a name of org.apache.flink.agents.api.resource.Constant with the jar"
                            + " flink-agents-dist, or YourClass.class.getName().",
                    error);
        }
        if (!Resource.class.isAssignableFrom(found)) {
            throw new ResourceTypeException(
                    agent, key.member(), name + " is not a resource class", "Extend Resource.");
        }
        ResourceType type = typeOf(found);
        if (type != null && type != key.type()) {
            throw new ResourceTypeException(
                    agent,
                    key.member(),
                    "%s is a %s, not a %s"
                            .formatted(name, type.getValue(), key.type().getValue()),
                    otherClass(name, key.type()));
        }
        if (Modifier.isAbstract(found.getModifiers())) {
            throw new ResourceTypeException(
                    agent, key.member(), name + " is abstract", "Use a class that extends it.");
        }
        if (ResourceFactory.constructorOf(found).isEmpty()) {
            throw new ResourceTypeException(
                    agent,
                    key.member(),
                    name + " has no constructor that the runtime can call",
                    "Add a public one with the parameters (ResourceDescriptor, BiFunction<String,"
                            + " ResourceType, Resource>); a nested class must be static.");
        }
        return found;
    }

    private static ResourceType typeOf(Class<?> found) {
        if (BaseChatModelConnection.class.isAssignableFrom(found)) {
            return ResourceType.CHAT_MODEL_CONNECTION;
        }
        if (BaseChatModelSetup.class.isAssignableFrom(found)) {
            return ResourceType.CHAT_MODEL;
        }
        if (Prompt.class.isAssignableFrom(found)) {
            return ResourceType.PROMPT;
        }
        return Tool.class.isAssignableFrom(found) ? ResourceType.TOOL : null;
    }

    /** Names the constant that was probably meant: the setup for a connection, or reversed. */
    static String otherClass(String name, ResourceType type) {
        String wanted = type == ResourceType.CHAT_MODEL ? "Setup" : "Connection";
        String other = type == ResourceType.CHAT_MODEL ? "Connection" : "Setup";
        if (name.endsWith(other)) {
            String meant = name.substring(0, name.length() - other.length()) + wanted;
            for (Field constant : Constant.class.getFields()) {
                try {
                    if (meant.equals(constant.get(null))) {
                        return "Use Constant." + constant.getName() + ".";
                    }
                } catch (IllegalAccessException error) {
                    throw new IllegalStateException(error);
                }
            }
        }
        return "Use the " + type.getValue() + " class of this provider.";
    }

    private static List<ResourceKey> named(
            String agent, ResourceKey key, ResourceDescriptor descriptor, Reference reference) {
        Object value = descriptor.getArgument(reference.argument());
        if (value == null && reference.required()) {
            throw new ResourceArgumentException(
                    agent,
                    key.member(),
                    "its argument '" + reference.argument() + "' is missing",
                    "Give the name of a " + reference.type().getValue() + ".");
        }
        List<ResourceKey> keys = new ArrayList<>();
        for (Object item : value instanceof Collection<?> items ? items : Arrays.asList(value)) {
            if (item instanceof String name) {
                keys.add(new ResourceKey(reference.type(), name));
            } else if (item != null && !(item instanceof Resource)) {
                throw new ResourceArgumentException(
                        agent,
                        key.member(),
                        "its argument '%s' must be the name of a %s, not %s"
                                .formatted(
                                        reference.argument(),
                                        reference.type().getValue(),
                                        item.getClass().getName()),
                        "Declare the resource and give its name.");
            }
        }
        return keys;
    }
}

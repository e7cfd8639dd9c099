package org.apache.flink.agents.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.Secrets;

/**
 * The arguments of a descriptor with its environment variables put in, and what of it is secret.
 */
final class ResolvedArguments {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:([^}]+)}");

    private final String agent;
    private final ResourceKey key;
    private final UnaryOperator<String> environment;
    private final Set<String> secrets = new HashSet<>();
    private ResourceDescriptor descriptor;

    private ResolvedArguments(String agent, ResourceKey key, UnaryOperator<String> environment) {
        this.agent = agent;
        this.key = key;
        this.environment = environment;
    }

    /**
     * Puts the environment variables in.
     *
     * @throws ResourceArgumentException if one is not set
     */
    static ResolvedArguments of(
            String agent,
            ResourceKey key,
            ResourceDescriptor descriptor,
            UnaryOperator<String> environment) {
        ResolvedArguments resolved = new ResolvedArguments(agent, key, environment);
        Map<String, Object> arguments = new LinkedHashMap<>();
        descriptor
                .getInitialArguments()
                .forEach(
                        (name, value) ->
                                arguments.put(name, resolved.resolve(name, value, false)));
        resolved.descriptor = new ResourceDescriptor(descriptor.getClazz(), arguments);
        return resolved;
    }

    ResourceDescriptor descriptor() {
        return descriptor;
    }

    /** What an exception says, without secrets. */
    String masked(Throwable error) {
        String text =
                error instanceof IllegalArgumentException && error.getMessage() != null
                        ? error.getMessage()
                        : error.toString();
        for (String secret : secrets) {
            text = text.replace(secret, "***");
        }
        return text;
    }

    /** An exception of the same text and stack that holds no secret. */
    Throwable withoutSecrets(Throwable error) {
        RuntimeException shown =
                new RuntimeException(error.getClass().getName() + ": " + masked(error));
        shown.setStackTrace(error.getStackTrace());
        return shown;
    }

    private Object resolve(String name, Object value, boolean secret) {
        boolean hidden = secret || Secrets.isSecretName(name);
        if (value instanceof String text) {
            String filled =
                    VARIABLE.matcher(text)
                            .replaceAll(
                                    match ->
                                            Matcher.quoteReplacement(
                                                    variable(name, match.group(1))));
            if ((hidden || !filled.equals(text)) && !filled.isEmpty()) {
                secrets.add(filled);
            }
            return filled;
        }
        if (value instanceof Map<?, ?> members) {
            boolean headers = hidden || Secrets.snakeCase(name).endsWith("headers");
            Map<Object, Object> filled = new LinkedHashMap<>();
            members.forEach((k, v) -> filled.put(k, resolve(String.valueOf(k), v, headers)));
            return filled;
        }
        if (value instanceof List<?> items) {
            List<Object> filled = new ArrayList<>();
            items.forEach(item -> filled.add(resolve(name, item, hidden)));
            return filled;
        }
        return value;
    }

    private String variable(String argument, String name) {
        String value = environment.apply(name);
        if (value == null) {
            throw new ResourceArgumentException(
                    agent,
                    key.member(),
                    "argument '"
                            + argument
                            + "' needs the environment variable "
                            + name
                            + ", which is not set on this worker",
                    "Set it where the TaskManager runs.");
        }
        if (!value.isEmpty()) {
            secrets.add(value);
        }
        return value;
    }
}

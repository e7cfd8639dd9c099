package org.apache.flink.agents.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** Arguments that options of the form {@code ClassName.argument} give to a resource class. */
final class DefaultArguments {
    private DefaultArguments() {}

    /** The descriptor with the options of its class; its own arguments win. */
    static ResourceDescriptor merged(
            Class<?> type, ResourceDescriptor descriptor, ReadableConfiguration config) {
        String prefix = type.getSimpleName() + ".";
        Map<String, Object> arguments = new LinkedHashMap<>(descriptor.getInitialArguments());
        config.toMap()
                .forEach(
                        (key, value) -> {
                            String name =
                                    key.startsWith(prefix) ? key.substring(prefix.length()) : "";
                            if (!name.isEmpty() && !descriptor.hasArgument(name)) {
                                arguments.put(name, value);
                            }
                        });
        return new ResourceDescriptor(descriptor.getClazz(), arguments);
    }
}

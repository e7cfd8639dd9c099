package org.apache.flink.agents.bridge;

import java.util.regex.Pattern;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/**
 * A Python class.
 *
 * @param module dotted name of its module
 * @param clazz its name in the module
 */
record PythonClassName(String module, String clazz) {

    private static final Pattern DOTTED = Pattern.compile("[\\p{L}_][\\w.]*[\\w]|[\\p{L}_]");

    /**
     * Reads the arguments {@code module} and {@code clazz}, or {@code python_clazz}.
     *
     * @throws IllegalArgumentException if they name no class
     */
    static PythonClassName of(ResourceDescriptor descriptor) {
        String module = descriptor.findArgument("module", String.class).orElse("");
        String clazz = descriptor.findArgument("clazz", String.class).orElse("");
        String both = descriptor.findArgument("python_clazz", String.class).orElse("");
        int dot = both.lastIndexOf('.');
        if (module.isEmpty() && clazz.isEmpty() && dot > 0) {
            module = both.substring(0, dot);
            clazz = both.substring(dot + 1);
        }
        if (!DOTTED.matcher(module).matches() || !DOTTED.matcher(clazz).matches()) {
            throw new IllegalArgumentException(
                    descriptor.getClazz()
                            + " needs the Python class: the arguments 'module' and 'clazz', as in "
                            + "flink_agents.integrations.chat_models.ollama_chat_model and "
                            + "OllamaChatModelConnection, or 'python_clazz' with both.");
        }
        return new PythonClassName(module, clazz);
    }

    @Override
    public String toString() {
        return module + "." + clazz;
    }
}

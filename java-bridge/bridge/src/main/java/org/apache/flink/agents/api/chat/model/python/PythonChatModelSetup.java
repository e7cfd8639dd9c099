package org.apache.flink.agents.api.chat.model.python;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.metrics.ActionMetrics;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.bridge.PythonModel;

/**
 * How a chat model is used, told by a Python class.
 *
 * <p>Prompt and tools are those of the Java agent; the connection may be a Java or a Python one.
 * Arguments: those of {@link PythonChatModelConnection}, and {@code connection}, {@code model}, {@code
 * prompt}, {@code tools}. All others go to the Python class; its {@code model_kwargs} are the
 * parameters.
 */
public class PythonChatModelSetup extends BaseChatModelSetup {

    private final PythonModel python;
    private volatile Map<String, Object> parameters;

    /**
     * @param descriptor the arguments
     * @param getResource finds the connection, the prompt and the tools
     * @throws IllegalArgumentException if they name no Python class
     */
    public PythonChatModelSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        python = PythonModel.setup(descriptor);
    }

    /** {@code model_kwargs} of the Python class. Waits for Python if it has not started. */
    @Override
    public Map<String, Object> getParameters() {
        if (parameters == null
                && python.describe().get("parameters") instanceof Map<?, ?> told) {
            Map<String, Object> found = new LinkedHashMap<>();
            told.forEach((name, value) -> found.put(String.valueOf(name), value));
            parameters = found;
        }
        return new LinkedHashMap<>(parameters);
    }

    @Override
    @SuppressWarnings("try") // the scope is only closed
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages, Map<String, Object> arguments, Executor executor) {
        if (parameters != null) {
            return super.chatAsync(messages, arguments, executor);
        }
        // The first call has to wait for Python, on a thread that may wait.
        MetricGroup metrics = getMetricGroup().orElse(null);
        return CompletableFuture.supplyAsync(this::getParameters, executor)
                .thenCompose(
                        known -> {
                            try (ActionMetrics.Scope scope = ActionMetrics.enter(metrics)) {
                                return super.chatAsync(messages, arguments, executor);
                            }
                        });
    }

    @Override
    public void close() {
        python.close();
    }
}

package org.apache.flink.agents.api.chat.model.python;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.bridge.PythonModel;

/**
 * Connection of a Python chat model.
 *
 * <p>Arguments: {@code module} and {@code clazz} of the Python class, or {@code python_clazz} with
 * both; {@code bridge_timeout}, seconds that a call may take in all (default 600); {@code
 * python_executable}, the Python to use (default: that of the job, see docs/bridge.md). All others go
 * to the Python class, under the names that it knows; camel and snake case mean the same.
 */
public class PythonChatModelConnection extends BaseChatModelConnection {

    private final PythonModel python;

    /**
     * @param descriptor the arguments
     * @param getResource not used
     * @throws IllegalArgumentException if they name no Python class
     */
    public PythonChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        python = PythonModel.connection(descriptor);
    }

    @Override
    public ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        CompletableFuture<ChatMessage> answer =
                chatAsync(messages, tools, arguments, Runnable::run);
        try {
            return answer.join();
        } catch (CompletionException error) {
            throw error.getCause() instanceof RuntimeException cause ? cause : error;
        }
    }

    @Override
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> arguments,
            Executor executor) {
        return python.chatAsync(messages, tools, arguments, executor);
    }

    /** Whether the Python class takes {@code output_schema}. Waits for Python if need be. */
    @Override
    public boolean nativeStructuredOutput() {
        return Boolean.TRUE.equals(python.describe().get("native_structured_output"));
    }

    @Override
    public void close() {
        python.close();
    }
}

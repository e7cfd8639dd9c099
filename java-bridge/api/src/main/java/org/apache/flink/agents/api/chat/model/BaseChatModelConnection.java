package org.apache.flink.agents.api.chat.model;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/**
 * Connection to a chat-model service, shared by any number of setups and used from many threads.
 *
 * <p>Implement {@link #chat}, which may block: it runs on a thread of the pool. A connection to a
 * client that does not block overrides {@link #chatAsync} too.
 */
public abstract class BaseChatModelConnection extends Resource {
    /** Argument with a JSON schema as a map, given to connections with structured output. */
    public static final String OUTPUT_SCHEMA = "output_schema";

    /**
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     */
    protected BaseChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
    }

    /** For connections without arguments. */
    protected BaseChatModelConnection() {}

    /**
     * Sends a conversation and waits for the answer.
     *
     * @param messages the conversation, oldest first
     * @param tools tools that the model may ask to call; may be empty
     * @param arguments parameters of the model, such as {@code model} and {@code temperature}
     * @return the assistant's message
     * @throws org.apache.flink.agents.api.exceptions.ModelException if the service fails or refuses
     */
    public abstract ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments);

    /**
     * As {@link #chat}, without blocking the calling thread.
     *
     * @param executor where blocking work is done
     */
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> arguments,
            Executor executor) {
        return CompletableFuture.supplyAsync(() -> chat(messages, tools, arguments), executor);
    }

    /**
     * Whether the service takes a JSON schema and keeps to it: the argument {@value
     * #OUTPUT_SCHEMA}. Default false.
     */
    public boolean nativeStructuredOutput() {
        return false;
    }

    @Override
    public ResourceType getResourceType() {
        return ResourceType.CHAT_MODEL_CONNECTION;
    }
}

package org.apache.flink.agents.integrations.chatmodels;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** Base of connections whose client holds no thread for a call that waits. Internal. */
public abstract class ClientChatModelConnection extends BaseChatModelConnection {

    /**
     * Creates a connection.
     *
     * @param descriptor the arguments of the connection
     * @param getResource looks up another resource by name and type
     */
    protected ClientChatModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
    }

    @Override
    public boolean nativeStructuredOutput() {
        return true;
    }

    @Override
    public ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        CompletableFuture<ChatMessage> answer = chatAsync(messages, tools, arguments, Runnable::run);
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ModelException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new ModelUnavailableException(
                    "The call of a model was interrupted: the job is being stopped.");
        }
    }

    /**
     * As {@link #chat}, without blocking any thread.
     *
     * @param executor is not needed
     * @return the answer, completed on a thread of the client; it may be cancelled
     */
    @Override
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> arguments,
            Executor executor) {
        try {
            return ask(messages, tools == null ? List.of() : tools, arguments);
        } catch (ModelException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Sends a conversation.
     *
     * @return fails with nothing but a {@link ModelException}; cancelling it ends the call
     * @throws ModelException if the request cannot be made
     */
    protected abstract CompletableFuture<ChatMessage> ask(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments);

    @Override
    public abstract void close();
}

package org.apache.flink.agents.examples;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** A chat model of your own, for agents of both languages; it tells what it was asked. */
public class CustomJavaModelConnection extends BaseChatModelConnection {
    private final String endpoint;

    /**
     * @param descriptor has the argument {@code endpoint}: where the model is, required
     * @param getResource looks up another resource by name and type
     */
    public CustomJavaModelConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        endpoint = descriptor.getArgument("endpoint");
        if (endpoint == null) {
            throw new IllegalArgumentException("endpoint is missing. It is like http://localhost.");
        }
    }

    @Override
    public ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        // A real one would send a request here, and wait: calls run in threads of a pool.
        String last = messages.get(messages.size() - 1).getContent();
        return ChatMessage.assistant(
                last + " to " + arguments.get("model") + " at " + endpoint);
    }
}

package org.apache.flink.agents.api.chat.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.Reference;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/**
 * How a chat model is used: which connection, which prompt, tools and parameters.
 *
 * <p>Arguments: {@code connection} (name, required), {@code model}, {@code prompt} (a {@link
 * Prompt} or the name of one; goes before the messages of a request), {@code tools} (list of
 * names).
 */
@Reference(
        argument = "connection",
        type = ResourceType.CHAT_MODEL_CONNECTION,
        required = true)
@Reference(argument = "prompt", type = ResourceType.PROMPT)
@Reference(argument = "tools", type = ResourceType.TOOL)
public abstract class BaseChatModelSetup extends Resource {
    /**
     * Argument of {@link #chat} with further values for the placeholders of the prompt, as a map.
     */
    public static final String PROMPT_ARGS = "prompt_args";

    /** Name of the connection. */
    protected String connection;

    /** Name of the model at the service; null for the connection's own. */
    protected String model;

    /** A {@link Prompt}, the name of one, or null. */
    protected Object prompt;

    /** Names of the tools that the model may call. */
    protected List<String> tools = List.of();

    /** For classes that take no arguments of their own: the runtime calls {@link #configure}. */
    protected BaseChatModelSetup() {}

    /**
     * @param descriptor the arguments of the setup
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing or of a wrong type
     */
    protected BaseChatModelSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        readArguments(descriptor);
    }

    @Override
    public void configure(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super.configure(descriptor, getResource);
        readArguments(descriptor);
    }

    /** Parameters of the model, passed to the connection with each call. */
    public abstract Map<String, Object> getParameters();

    /** The connection of this setup. */
    public BaseChatModelConnection getConnection() {
        return (BaseChatModelConnection) lookUp(connection, ResourceType.CHAT_MODEL_CONNECTION);
    }

    /** Name of the connection. */
    public String getConnectionName() {
        return connection;
    }

    /** Name of the model at the service; null for the connection's own. */
    public String getModel() {
        return model;
    }

    /** The prompt that goes before the messages, if there is one. */
    public Optional<Prompt> getPrompt() {
        return Optional.ofNullable(
                prompt instanceof String name
                        ? (Prompt) lookUp(name, ResourceType.PROMPT)
                        : (Prompt) prompt);
    }

    /** The tools that the model may call, in declared order. */
    public List<Tool> getTools() {
        return tools.stream().map(name -> (Tool) lookUp(name, ResourceType.TOOL)).toList();
    }

    /**
     * Asks the model and waits for its answer; tool calls are returned, not carried out.
     *
     * @param messages the conversation, oldest first. Values for the placeholders of the prompt are
     *     taken from their extra arguments
     */
    public ChatMessage chat(List<ChatMessage> messages) {
        return chat(messages, Map.of());
    }

    /**
     * As {@link #chat(List)}.
     *
     * @param parameters parameters of the model; they win over those of the setup, and null takes
     *     one away. {@value #PROMPT_ARGS} gives further values for the placeholders
     */
    public ChatMessage chat(List<ChatMessage> messages, Map<String, Object> parameters) {
        List<ChatMessage> asked = withPrompt(messages, promptArgs(parameters));
        ChatMessage answer = getConnection().chat(asked, getTools(), merged(parameters));
        return recorded(answer, getMetricGroup());
    }

    /**
     * As {@link #chat(List, Map)}, without blocking the calling thread.
     *
     * @param executor where blocking work is done
     */
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages, Map<String, Object> parameters, Executor executor) {
        if (overridesChat()) {
            return CompletableFuture.supplyAsync(() -> chat(messages, parameters), executor);
        }
        // The answer may come on a thread that belongs to no action.
        Optional<MetricGroup> metrics = getMetricGroup();
        try {
            List<ChatMessage> asked = withPrompt(messages, promptArgs(parameters));
            return getConnection()
                    .chatAsync(asked, getTools(), merged(parameters), executor)
                    .thenApply(answer -> recorded(answer, metrics));
        } catch (RuntimeException error) {
            return CompletableFuture.failedFuture(error);
        }
    }

    /**
     * The messages with the filled prompt before them.
     *
     * @param messages the conversation; the values of the placeholders are the extra arguments of
     *     user and system messages
     * @param promptArgs further values; they win
     */
    public List<ChatMessage> withPrompt(
            List<ChatMessage> messages, Map<String, ?> promptArgs) {
        Optional<Prompt> template = getPrompt();
        if (template.isEmpty()) {
            return messages;
        }
        Map<String, Object> values = new HashMap<>();
        for (ChatMessage message : messages) {
            if (hasValues(message)) {
                values.putAll(message.getExtraArgs());
            }
        }
        values.putAll(promptArgs);
        List<ChatMessage> asked =
                new ArrayList<>(template.get().formatMessages(MessageRole.SYSTEM, values));
        for (ChatMessage message : messages) {
            // A message that only carries values for the prompt has nothing to say itself.
            if (!hasValues(message) || !message.getAllParts().isEmpty()) {
                asked.add(message);
            }
        }
        return asked;
    }

    @Override
    public ResourceType getResourceType() {
        return ResourceType.CHAT_MODEL;
    }

    private void readArguments(ResourceDescriptor descriptor) {
        connection = descriptor.findArgument("connection", String.class).orElse(null);
        if (connection == null) {
            throw new IllegalArgumentException(
                    "Argument 'connection' of "
                            + descriptor.getClazz()
                            + " is missing. Give the name of a chat-model connection.");
        }
        model = descriptor.findArgument("model", String.class).orElse(null);
        prompt = descriptor.getArgument("prompt");
        if (prompt != null && !(prompt instanceof String || prompt instanceof Prompt)) {
            throw new IllegalArgumentException(
                    "Argument 'prompt' of %s must be a Prompt or the name of one, not %s."
                            .formatted(descriptor.getClazz(), prompt.getClass().getName()));
        }
        List<String> names = new ArrayList<>();
        for (Object name : descriptor.findArgument("tools", List.class).orElse(List.of())) {
            names.add(String.valueOf(name));
        }
        tools = List.copyOf(names);
    }

    private boolean overridesChat() {
        try {
            return getClass().getMethod("chat", List.class, Map.class).getDeclaringClass()
                    != BaseChatModelSetup.class;
        } catch (NoSuchMethodException error) {
            throw new IllegalStateException(error);
        }
    }

    private Map<String, Object> merged(Map<String, Object> parameters) {
        Map<String, Object> all = new LinkedHashMap<>(getParameters());
        all.putAll(parameters);
        all.remove(PROMPT_ARGS);
        all.values().removeIf(Objects::isNull);
        return all;
    }

    private static Map<String, ?> promptArgs(Map<String, Object> parameters) {
        Map<String, Object> values = new HashMap<>();
        if (parameters.get(PROMPT_ARGS) instanceof Map<?, ?> given) {
            given.forEach((name, value) -> values.put(String.valueOf(name), value));
        }
        return values;
    }

    private static boolean hasValues(ChatMessage message) {
        return !message.getExtraArgs().isEmpty()
                && (message.getRole() == MessageRole.USER
                        || message.getRole() == MessageRole.SYSTEM);
    }

    private ChatMessage recorded(ChatMessage answer, Optional<MetricGroup> metrics) {
        if (answer == null) {
            throw new ModelOutputException(
                    "The connection '"
                            + connection
                            + "' returned null. Let its chat method return the model's message.");
        }
        Map<String, Object> usage = answer.getExtraArgs();
        if (metrics.isPresent()
                && usage.get("promptTokens") instanceof Number promptTokens
                && usage.get("completionTokens") instanceof Number completionTokens) {
            Object named = usage.get("model_name");
            String name = named != null ? named.toString() : model != null ? model : "unknown";
            MetricGroup ofModel = metrics.get().getSubGroup("model").getSubGroup(name);
            ofModel.getCounter("promptTokens").inc(promptTokens.longValue());
            ofModel.getCounter("completionTokens").inc(completionTokens.longValue());
        }
        return answer;
    }
}

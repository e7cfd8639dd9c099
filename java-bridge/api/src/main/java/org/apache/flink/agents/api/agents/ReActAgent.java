package org.apache.flink.agents.api.agents;

import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;

/**
 * An agent that asks one chat model about each input and lets it call tools until it has an answer.
 *
 * <p>The answer leaves the agent as text, or as the object of the output schema. Tools are named by
 * the chat model's argument {@code tools} and declared on this agent or in its environment.
 */
public class ReActAgent extends Agent {
    static final String CHAT_MODEL = "_default_chat_model";
    static final String USER_PROMPT = "_default_user_prompt";
    static final String OUTPUT_SCHEMA = "_output_schema";
    private static final String HAS_PROMPT = "_has_prompt";

    /** Placeholder of an input that has no fields. */
    private static final String INPUT = "input";

    /**
     * @param chatModel the chat-model setup
     * @param prompt what the user says; its placeholders are the fields of the input, or {@code
     *     {input}} of one that has none. Null: the input itself, as text or JSON
     * @param outputSchema a class or a Flink {@code RowTypeInfo} that the answer is read as; null:
     *     text
     * @throws IllegalArgumentException if the output schema is neither
     */
    public ReActAgent(ResourceDescriptor chatModel, Prompt prompt, Object outputSchema) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put(HAS_PROMPT, prompt != null);
        OutputSchema schema = OutputSchema.of(outputSchema);
        if (schema != null) {
            config.put(OUTPUT_SCHEMA, schema);
        }
        addResource(CHAT_MODEL, ResourceType.CHAT_MODEL, chatModel);
        if (prompt != null) {
            addResource(USER_PROMPT, ResourceType.PROMPT, prompt);
        }
        addAction(List.of(InputEvent.class), method("startAction", InputEvent.class), config);
        addAction(
                List.of(ChatResponseEvent.class),
                method("stopAction", ChatResponseEvent.class),
                Map.of());
    }

    /** Asks the model about an input. */
    public static void startAction(InputEvent event, RunnerContext context) {
        Object input = event.getInput();
        List<ChatMessage> messages =
                Boolean.TRUE.equals(context.getActionConfigValue(HAS_PROMPT))
                        ? ((Prompt) context.getResource(USER_PROMPT, ResourceType.PROMPT))
                                .formatMessages(MessageRole.USER, InputFields.of(input, INPUT))
                        : List.of(ChatMessage.user(InputFields.text(input)));
        context.sendEvent(
                new ChatRequestEvent(
                        CHAT_MODEL, messages, context.getActionConfigValue(OUTPUT_SCHEMA)));
    }

    /** Sends the answer of the model out; a request that failed has none. */
    public static void stopAction(ChatResponseEvent event, RunnerContext context) {
        Map<String, Object> extra = event.getResponse().getExtraArgs();
        if (extra.containsKey(STRUCTURED_OUTPUT)) {
            context.sendEvent(new OutputEvent(extra.get(STRUCTURED_OUTPUT)));
        } else if (!extra.containsKey("error")) {
            context.sendEvent(new OutputEvent(event.getResponse().getContent()));
        }
    }

    private static Method method(String name, Class<?> event) {
        try {
            return ReActAgent.class.getMethod(name, event, RunnerContext.class);
        } catch (NoSuchMethodException error) {
            throw new IllegalStateException(error);
        }
    }
}

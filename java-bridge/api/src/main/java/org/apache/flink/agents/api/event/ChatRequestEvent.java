package org.apache.flink.agents.api.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.agents.OutputSchema;
import org.apache.flink.agents.api.chat.messages.ChatMessage;

/** Asks a chat model. */
public class ChatRequestEvent extends Event {
    private final String model;
    private final List<ChatMessage> messages;
    private final OutputSchema outputSchema;
    private final Map<String, Object> promptArgs;

    /**
     * @param model name of the chat-model setup
     * @param messages the conversation so far, oldest first
     */
    public ChatRequestEvent(String model, List<ChatMessage> messages) {
        this(model, messages, null);
    }

    /**
     * @param model name of the chat-model setup
     * @param messages the conversation so far, oldest first
     * @param outputSchema a class or a Flink {@code RowTypeInfo} that the answer is read as; the
     *     value is {@code response.getExtraArgs().get("structured_output")}. Null: free text
     * @throws IllegalArgumentException if it is neither, or has fields that a model cannot write
     */
    public ChatRequestEvent(String model, List<ChatMessage> messages, Object outputSchema) {
        this(model, messages, outputSchema, Map.of());
    }

    /**
     * @param promptArgs values for the placeholders of the setup's prompt, beside those in the
     *     messages' extra arguments; these win
     */
    public ChatRequestEvent(
            String model,
            List<ChatMessage> messages,
            Object outputSchema,
            Map<String, Object> promptArgs) {
        this(model, messages, OutputSchema.of(outputSchema), promptArgs);
    }

    @JsonCreator
    ChatRequestEvent(
            @JsonProperty("model") String model,
            @JsonProperty("messages") List<ChatMessage> messages,
            @JsonProperty("output_schema") OutputSchema outputSchema,
            @JsonProperty("prompt_args") Map<String, Object> promptArgs) {
        this.model = model;
        this.messages = List.copyOf(messages);
        this.outputSchema = outputSchema;
        this.promptArgs = promptArgs == null ? Map.of() : new LinkedHashMap<>(promptArgs);
    }

    /** Name of the chat-model setup. */
    public String getModel() {
        return model;
    }

    /** The conversation so far, oldest first. */
    public List<ChatMessage> getMessages() {
        return messages;
    }

    /** What the answer is read as, or null for free text. */
    @JsonProperty("output_schema")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public OutputSchema getOutputSchema() {
        return outputSchema;
    }

    /** Values for the placeholders of the setup's prompt. */
    @JsonProperty("prompt_args")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public Map<String, Object> getPromptArgs() {
        return promptArgs;
    }
}

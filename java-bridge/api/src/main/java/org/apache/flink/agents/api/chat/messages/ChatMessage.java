package org.apache.flink.agents.api.chat.messages;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One message of a conversation with a model, the same for every provider and both languages.
 *
 * <p>What is given to a setter or constructor is copied; the lists and maps that getters return may
 * be changed.
 */
@JsonPropertyOrder({"role", "content", "parts", "tool_calls", "extra_args"})
@JsonIgnoreProperties(ignoreUnknown = true)
public class ChatMessage implements Serializable {
    private static final long serialVersionUID = 1L;

    private MessageRole role = MessageRole.USER;
    private String content = "";
    private List<MessagePart> parts = new ArrayList<>();
    private List<Map<String, Object>> toolCalls = new ArrayList<>();
    private Map<String, Object> extraArgs = new LinkedHashMap<>();

    /** An empty message of the user. */
    public ChatMessage() {}

    public ChatMessage(MessageRole role, String content) {
        this(role, content, List.of(), Map.of());
    }

    public ChatMessage(
            MessageRole role, String content, List<Map<String, Object>> toolCalls) {
        this(role, content, toolCalls, Map.of());
    }

    public ChatMessage(MessageRole role, String content, Map<String, Object> extraArgs) {
        this(role, content, List.of(), extraArgs);
    }

    /**
     * @param role who speaks
     * @param content the text; null is the empty text
     * @param toolCalls of an assistant message, the calls it asks for, each {@code {"id": text,
     *     "type": "function", "function": {"name": text, "arguments": map}, "original_id": text or
     *     null}}; {@code original_id} is the provider's own id
     * @param extraArgs what belongs to the message and is never sent to a provider as it is: {@code
     *     external_id} (of a tool message, the {@code original_id} that it answers), {@code
     *     is_error} (of a tool message, that the call failed), {@code reasoning}, {@code
     *     model_name}, {@code promptTokens}, {@code completionTokens}, {@code structured_output};
     *     or, of a user or system message, values for the placeholders of a prompt
     */
    public ChatMessage(
            MessageRole role,
            String content,
            List<Map<String, Object>> toolCalls,
            Map<String, Object> extraArgs) {
        setRole(role);
        setContent(content);
        setToolCalls(toolCalls);
        setExtraArgs(extraArgs);
    }

    /** As {@code other}, but the lists and maps are its own. */
    public ChatMessage(ChatMessage other) {
        this(other.role, other.content, other.toolCalls, other.extraArgs);
        setParts(other.parts);
    }

    public static ChatMessage user(String content) {
        return new ChatMessage(MessageRole.USER, content);
    }

    public static ChatMessage system(String content) {
        return new ChatMessage(MessageRole.SYSTEM, content);
    }

    public static ChatMessage assistant(String content) {
        return new ChatMessage(MessageRole.ASSISTANT, content);
    }

    public static ChatMessage assistant(String content, List<Map<String, Object>> toolCalls) {
        return new ChatMessage(MessageRole.ASSISTANT, content, toolCalls);
    }

    public static ChatMessage tool(String content) {
        return new ChatMessage(MessageRole.TOOL, content);
    }

    /**
     * The result of a tool call.
     *
     * @param externalId the {@code original_id} of the call that it answers; may be null
     */
    public static ChatMessage tool(String content, String externalId) {
        ChatMessage message = tool(content);
        if (externalId != null) {
            message.extraArgs.put(EXTERNAL_ID, externalId);
        }
        return message;
    }

    /** Key in the extra arguments of a tool message: the provider's id of the call it answers. */
    public static final String EXTERNAL_ID = "external_id";

    public MessageRole getRole() {
        return role;
    }

    public void setRole(MessageRole role) {
        this.role = Objects.requireNonNull(role, "role");
    }

    /** The text; never null. */
    public String getContent() {
        return content;
    }

    public void setContent(String content) {
        this.content = content == null ? "" : content;
    }

    /** What follows the text: images, and further text between them. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public List<MessagePart> getParts() {
        return parts;
    }

    public void setParts(List<? extends MessagePart> parts) {
        this.parts = parts == null ? new ArrayList<>() : new ArrayList<>(parts);
    }

    /** The text, unless it is empty, and the parts that follow it. */
    @JsonIgnore
    public List<MessagePart> getAllParts() {
        List<MessagePart> all = new ArrayList<>();
        if (!content.isEmpty()) {
            all.add(new TextPart(content));
        }
        all.addAll(parts);
        return all;
    }

    /** Of an assistant message, the calls it asks for. */
    @JsonProperty("tool_calls")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public List<Map<String, Object>> getToolCalls() {
        return toolCalls;
    }

    @JsonProperty("tool_calls")
    @JsonAlias("toolCalls")
    public void setToolCalls(List<Map<String, Object>> toolCalls) {
        this.toolCalls = toolCalls == null ? new ArrayList<>() : new ArrayList<>(toolCalls);
    }

    /** What belongs to the message and is never sent to a provider as it is. */
    @JsonProperty("extra_args")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public Map<String, Object> getExtraArgs() {
        return extraArgs;
    }

    @JsonProperty("extra_args")
    @JsonAlias("extraArgs")
    public void setExtraArgs(Map<String, Object> extraArgs) {
        this.extraArgs = extraArgs == null ? new LinkedHashMap<>() : new LinkedHashMap<>(extraArgs);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChatMessage message
                && role == message.role
                && content.equals(message.content)
                && parts.equals(message.parts)
                && toolCalls.equals(message.toolCalls)
                && extraArgs.equals(message.extraArgs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(role, content, parts, toolCalls, extraArgs);
    }

    @Override
    public String toString() {
        return role.getValue() + ": " + content;
    }
}

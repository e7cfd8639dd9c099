package org.apache.flink.agents.api.prompt;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;

/**
 * Base of all prompts: templates of what is said to a model.
 *
 * <p>A placeholder is {@code {name}}. One without a value stays as it is, and so do all other
 * braces, as those of JSON. Values are put in as {@code String.valueOf} gives them and are no
 * templates.
 */
public abstract class Prompt extends SerializableResource {
    private static final long serialVersionUID = 1L;

    protected Prompt() {}

    /** A prompt of one text. */
    public static Prompt fromText(String text) {
        return new LocalPrompt(text);
    }

    /** A prompt of several messages, whose texts are templates. */
    public static Prompt fromMessages(List<ChatMessage> messages) {
        return new LocalPrompt(messages);
    }

    /**
     * The filled prompt as one text.
     *
     * @param values values of the placeholders
     * @return the text; of several messages, a line {@code role: content} for each, without images
     */
    public abstract String formatString(Map<String, ?> values);

    /** The filled prompt as messages; a prompt of one text is said by the system. */
    public List<ChatMessage> formatMessages(Map<String, ?> values) {
        return formatMessages(MessageRole.SYSTEM, values);
    }

    /**
     * The filled prompt as messages.
     *
     * @param role who says a prompt of one text; messages keep their own roles
     * @param values values of the placeholders
     * @return new messages
     */
    public abstract List<ChatMessage> formatMessages(MessageRole role, Map<String, ?> values);

    @Override
    public ResourceType getResourceType() {
        return ResourceType.PROMPT;
    }
}

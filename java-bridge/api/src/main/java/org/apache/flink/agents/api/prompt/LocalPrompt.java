package org.apache.flink.agents.api.prompt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.messages.TextPart;

/** A prompt that is written in the program: a text or messages. */
public final class LocalPrompt extends Prompt {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final ArrayList<ChatMessage> messages;

    public LocalPrompt(String text) {
        this.text = Objects.requireNonNull(text, "text");
        this.messages = new ArrayList<>();
    }

    public LocalPrompt(List<ChatMessage> messages) {
        this.text = null;
        this.messages = new ArrayList<>(messages);
    }

    @Override
    public String formatString(Map<String, ?> values) {
        if (text != null) {
            return Placeholders.fill(text, values);
        }
        return messages.stream()
                .map(m -> m.getRole().getValue() + ": " + Placeholders.fill(textOf(m), values))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public List<ChatMessage> formatMessages(MessageRole role, Map<String, ?> values) {
        List<ChatMessage> filled = new ArrayList<>();
        if (text != null) {
            filled.add(new ChatMessage(role, Placeholders.fill(text, values)));
        }
        for (ChatMessage message : messages) {
            ChatMessage copy = new ChatMessage(message);
            copy.setContent(Placeholders.fill(message.getContent(), values));
            copy.getParts().replaceAll(part -> fill(part, values));
            filled.add(copy);
        }
        return filled;
    }

    private static MessagePart fill(MessagePart part, Map<String, ?> values) {
        return part instanceof TextPart said
                ? new TextPart(Placeholders.fill(said.text(), values))
                : part;
    }

    private static String textOf(ChatMessage message) {
        return message.getAllParts().stream()
                .filter(TextPart.class::isInstance)
                .map(part -> ((TextPart) part).text())
                .collect(Collectors.joining("\n"));
    }
}

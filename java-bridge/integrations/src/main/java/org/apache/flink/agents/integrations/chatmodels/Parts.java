package org.apache.flink.agents.integrations.chatmodels;

import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.TextPart;

/** The parts of a message. Internal. */
public final class Parts {

    private Parts() {}

    /** All text of a message, one part a line. */
    public static String text(ChatMessage message) {
        return message.getAllParts().stream()
                .filter(TextPart.class::isInstance)
                .map(part -> ((TextPart) part).text())
                .collect(Collectors.joining("\n"));
    }

    /** Whether a message has an image. */
    public static boolean hasImage(ChatMessage message) {
        return message.getParts().stream().anyMatch(ImagePart.class::isInstance);
    }
}

package org.apache.flink.agents.bridge.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.agents.api.chat.messages.ChatMessage;

/** Messages as they cross the bridge. */
public final class Messages {

    private static final String JAVA_EXTERNAL_ID = "externalId";

    private Messages() {}

    /** Reads a message of either language. */
    public static ChatMessage read(JsonNode written) {
        ChatMessage message = Json.as(written, ChatMessage.class);
        Object answered = message.getExtraArgs().remove(JAVA_EXTERNAL_ID);
        if (answered != null) {
            message.getExtraArgs().putIfAbsent(ChatMessage.EXTERNAL_ID, answered);
        }
        return message;
    }

    /** Reads a list of messages. */
    public static List<ChatMessage> readAll(JsonNode written) {
        List<ChatMessage> messages = new ArrayList<>();
        written.forEach(message -> messages.add(read(message)));
        return messages;
    }

    /** Writes a message; empty lists and maps are left out. */
    public static JsonNode write(ChatMessage message) {
        return Json.tree(message);
    }

    /** Writes messages as the member {@code name}. */
    public static void write(ObjectNode into, String name, List<ChatMessage> messages) {
        ArrayNode written = into.putArray(name);
        messages.forEach(message -> written.add(write(message)));
    }
}

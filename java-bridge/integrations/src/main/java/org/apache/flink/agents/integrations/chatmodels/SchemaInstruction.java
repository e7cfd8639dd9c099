package org.apache.flink.agents.integrations.chatmodels;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;

/** How a model without structured output is asked for an answer of a JSON schema. Internal. */
public final class SchemaInstruction {

    private SchemaInstruction() {}

    /**
     * The conversation with an instruction to answer with one JSON value of the schema.
     *
     * <p>There stays one system message in the beginning: some models take no second one.
     */
    public static List<ChatMessage> with(List<ChatMessage> messages, Map<String, Object> schema) {
        String instruction =
                "Answer with one JSON value of the following JSON schema and with nothing else.\n"
                        + Json.write(schema);
        List<ChatMessage> instructed = new ArrayList<>(messages);
        ChatMessage first = messages.isEmpty() ? null : messages.get(0);
        if (first != null
                && first.getRole() == MessageRole.SYSTEM
                && !Parts.hasImage(first)) {
            String text = Parts.text(first) + "\n\n" + instruction;
            instructed.set(0, new ChatMessage(MessageRole.SYSTEM, text));
        } else {
            instructed.add(0, new ChatMessage(MessageRole.SYSTEM, instruction));
        }
        return instructed;
    }
}

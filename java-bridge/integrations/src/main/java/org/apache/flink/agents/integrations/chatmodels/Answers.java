package org.apache.flink.agents.integrations.chatmodels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;

/** Answers of all providers as messages. Internal. */
public final class Answers {

    private Answers() {}

    /**
     * An assistant's message.
     *
     * @param content the text
     * @param toolCalls the calls that it asks for
     * @param known what is known about it; entries that are null are left out
     */
    public static ChatMessage message(
            String content, List<Map<String, Object>> toolCalls, Map<String, Object> known) {
        Map<String, Object> extraArgs = new LinkedHashMap<>(known);
        extraArgs.values().removeIf(value -> value == null);
        return new ChatMessage(MessageRole.ASSISTANT, content, toolCalls, extraArgs);
    }

    /**
     * A number of tokens.
     *
     * @return the number; null if there is none
     * @throws IllegalArgumentException if it is something else
     */
    public static Long count(Map<String, Object> usage, String name) {
        Object count = usage.get(name);
        if (count == null) {
            return null;
        }
        if (count instanceof Integer || count instanceof Long) {
            return ((Number) count).longValue();
        }
        throw new IllegalArgumentException("its " + name + " is " + count);
    }
}

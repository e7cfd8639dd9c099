package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.integrations.chatmodels.Answers;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ToolCalls;

/** Answers of Anthropic's API as chat messages. */
final class AnthropicAnswer {

    private static final Set<Object> THINKING = Set.of("thinking", "redacted_thinking");

    private AnthropicAnswer() {}

    /**
     * A whole answer, with what is known about it in {@code extraArgs}.
     *
     * @param answer the answer as JSON value
     * @param askedModel counts as {@code model_name} if the answer names no model
     * @return the assistant's message; {@code extraArgs} holds, as far as the answer does, {@code
     *     model_name}, {@code promptTokens}, {@code completionTokens}, {@code
     *     cache_creation_input_tokens}, {@code cache_read_input_tokens}, {@code finish_reason},
     *     {@code stop_sequence}, {@code refusal}, {@code reasoning} and what it takes to send the
     *     answer back as it came: {@code reasoning_blocks} and {@code content_blocks}
     * @throws IllegalArgumentException if it is no answer
     */
    static ChatMessage from(Object answer, String askedModel) {
        Map<String, Object> given = Json.object(answer);
        if (given == null) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        if (!(given.get("content") instanceof List<?>)) {
            throw new IllegalArgumentException("it has no content");
        }
        List<Map<String, Object>> blocks = new ArrayList<>();
        for (Object block : Json.list(given.get("content"))) {
            Map<String, Object> content = Json.object(block);
            if (content == null || content.get("type") == null) {
                throw new IllegalArgumentException("its content is not of the expected form");
            }
            blocks.add(content);
        }
        StringBuilder text = new StringBuilder();
        List<Map<String, Object>> calls = new ArrayList<>();
        for (Map<String, Object> block : blocks) {
            if ("text".equals(block.get("type"))) {
                if (!(block.get("text") instanceof String said)) {
                    throw new IllegalArgumentException("a block of text has none");
                }
                text.append(said);
            } else if ("tool_use".equals(block.get("type"))) {
                calls.add(
                        ToolCalls.toolCall(
                                block.get("name"), block.get("input"), block.get("id")));
            }
        }
        Map<String, Object> known = known(given, askedModel);
        known.putAll(kept(blocks));
        return Answers.message(text.toString(), calls, known);
    }

    private static Map<String, Object> known(Map<String, Object> answer, String askedModel) {
        Map<String, Object> usage = Json.objectOrEmpty(answer.get("usage"));
        Map<String, Object> known = new LinkedHashMap<>();
        known.put(
                "model_name", Json.isSet(answer.get("model")) ? answer.get("model") : askedModel);
        known.put("promptTokens", Answers.count(usage, "input_tokens"));
        known.put("completionTokens", Answers.count(usage, "output_tokens"));
        for (String name : List.of("cache_creation_input_tokens", "cache_read_input_tokens")) {
            known.put(name, Answers.count(usage, name));
        }
        known.put("finish_reason", answer.get("stop_reason"));
        known.put("stop_sequence", answer.get("stop_sequence"));
        if ("refusal".equals(answer.get("stop_reason"))) {
            Map<String, Object> details = Json.objectOrEmpty(answer.get("stop_details"));
            Object told = details.get("explanation");
            told = Json.isSet(told) ? told : details.get("category");
            known.put(
                    "refusal",
                    Json.isSet(told) ? told : "The model refused without an explanation.");
        }
        return known;
    }

    /** Thinking, as text to read and as blocks to send back, and all blocks where needed. */
    private static Map<String, Object> kept(List<Map<String, Object>> blocks) {
        Map<String, Object> kept = new LinkedHashMap<>();
        List<Map<String, Object>> thinking =
                blocks.stream().filter(AnthropicAnswer::isThinking).toList();
        String reasoning =
                thinking.stream()
                        .map(block -> block.get("thinking"))
                        .filter(Json::isSet)
                        .map(String::valueOf)
                        .collect(Collectors.joining("\n"));
        if (!reasoning.isEmpty()) {
            kept.put("reasoning", reasoning);
        }
        if (!thinking.isEmpty()) {
            kept.put("reasoning_blocks", new ArrayList<>(thinking));
        }
        if (!isPlain(blocks)) {
            kept.put("content_blocks", new ArrayList<>(blocks));
        }
        return kept;
    }

    /** Whether the blocks follow from text, calls and thinking: else they are kept as they came. */
    private static boolean isPlain(List<Map<String, Object>> blocks) {
        boolean whole =
                blocks.stream()
                        .filter(block -> "tool_use".equals(block.get("type")))
                        .allMatch(block -> block.get("input") instanceof Map);
        boolean known =
                blocks.stream()
                        .dropWhile(AnthropicAnswer::isThinking)
                        .map(block -> block.get("type"))
                        .allMatch(type -> "text".equals(type) || "tool_use".equals(type));
        // A call whose arguments are broken cannot go back as it came.
        return known || !whole;
    }

    /** Whether a block is of the model's thinking. */
    static boolean isThinking(Map<String, Object> block) {
        return THINKING.contains(block.get("type"));
    }
}

package org.apache.flink.agents.integrations.chatmodels.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.MessagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.messages.TextPart;
import org.apache.flink.agents.integrations.chatmodels.Answers;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.Parts;
import org.apache.flink.agents.integrations.chatmodels.ToolCalls;

/** Messages in the form of the chat-completions protocol, and back. Internal. */
public final class ChatCompletionsMessages {

    private ChatCompletionsMessages() {}

    /**
     * The conversation as request messages. Their {@code extraArgs} stay here.
     *
     * @throws IllegalArgumentException if a tool message does not tell which call it answers
     */
    static List<Object> to(List<ChatMessage> messages) {
        List<Object> sent = new ArrayList<>();
        for (ChatMessage message : messages) {
            sent.add(to(message));
        }
        return sent;
    }

    private static Map<String, Object> to(ChatMessage message) {
        Map<String, Object> sent = new LinkedHashMap<>();
        String content = message.getContent();
        sent.put("role", message.getRole().getValue());
        if (message.getRole() == MessageRole.TOOL) {
            sent.put("content", Parts.text(message));
            sent.put("tool_call_id", ToolCalls.requireAnsweredCall(message));
        } else if (message.getRole() == MessageRole.ASSISTANT
                && !message.getToolCalls().isEmpty()) {
            sent.put("content", content.isEmpty() ? null : content);
            sent.put(
                    "tool_calls",
                    message.getToolCalls().stream().map(ChatCompletionsMessages::call).toList());
        } else if (!message.getParts().isEmpty()) {
            sent.put(
                    "content",
                    message.getAllParts().stream().map(ChatCompletionsMessages::part).toList());
        } else {
            sent.put("content", content);
        }
        return sent;
    }

    private static Map<String, Object> part(MessagePart part) {
        if (part instanceof ImagePart image) {
            return Map.of("type", "image_url", "image_url", Map.of("url", image.address()));
        }
        return Map.of("type", "text", "text", ((TextPart) part).text());
    }

    private static Map<String, Object> call(Map<String, Object> call) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", ToolCalls.name(call));
        function.put("arguments", Json.write(ToolCalls.sentArguments(call)));
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("id", ToolCalls.sentId(call));
        sent.put("type", "function");
        sent.put("function", function);
        return sent;
    }

    /**
     * The first choice of an answer, with what is known about it in {@code extraArgs}.
     *
     * @param completion the answer as JSON value
     * @param askedModel counts as {@code model_name} if the answer names no model
     * @return the message; {@code extraArgs} holds {@code model_name}, {@code promptTokens}, {@code
     *     completionTokens}, {@code finish_reason}, {@code logprobs}, {@code reasoning}, {@code
     *     refusal}, as far as the answer does
     * @throws IllegalArgumentException if it is no answer
     */
    public static ChatMessage from(Object completion, String askedModel) {
        Map<String, Object> answer = Json.object(completion);
        if (answer == null) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        List<Object> choices = Json.list(answer.get("choices"));
        if (choices.isEmpty()) {
            throw new IllegalArgumentException("it has no choices");
        }
        Map<String, Object> choice = Json.objectOrEmpty(choices.get(0));
        Map<String, Object> given = Json.object(choice.get("message"));
        if (given == null) {
            throw new IllegalArgumentException("its first choice has no message");
        }
        List<Map<String, Object>> calls = new ArrayList<>();
        for (Object call : Json.list(given.get("tool_calls"))) {
            Map<String, Object> function =
                    Json.objectOrEmpty(Json.objectOrEmpty(call).get("function"));
            calls.add(
                    ToolCalls.toolCall(
                            function.get("name"),
                            function.get("arguments"),
                            Json.objectOrEmpty(call).get("id")));
        }
        Object reasoning = given.get("reasoning_content");
        Map<String, Object> usage = Json.objectOrEmpty(answer.get("usage"));
        Map<String, Object> known = new LinkedHashMap<>();
        known.put(
                "reasoning",
                Json.text(Json.isSet(reasoning) ? reasoning : given.get("reasoning")));
        known.put("refusal", Json.text(given.get("refusal")));
        known.put(
                "model_name", Json.isSet(answer.get("model")) ? answer.get("model") : askedModel);
        known.put("promptTokens", Answers.count(usage, "prompt_tokens"));
        known.put("completionTokens", Answers.count(usage, "completion_tokens"));
        known.put("finish_reason", choice.get("finish_reason"));
        known.put("logprobs", choice.get("logprobs"));
        return Answers.message(text(given.get("content")), calls, known);
    }

    private static String text(Object content) {
        if (content instanceof List<?> parts) {
            return parts.stream()
                    .map(Json::objectOrEmpty)
                    .filter(part -> "text".equals(part.get("type")))
                    .map(part -> String.valueOf(part.get("text")))
                    .collect(Collectors.joining());
        }
        if (content == null || content instanceof String) {
            return content == null ? "" : (String) content;
        }
        throw new IllegalArgumentException("its content is no text");
    }
}

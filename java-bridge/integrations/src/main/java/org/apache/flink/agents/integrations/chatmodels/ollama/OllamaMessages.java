package org.apache.flink.agents.integrations.chatmodels.ollama;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.MessagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.integrations.chatmodels.Answers;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.Parts;
import org.apache.flink.agents.integrations.chatmodels.ToolCalls;

/** Messages in Ollama's form and back. */
final class OllamaMessages {

    private static final Pattern REASONING =
            Pattern.compile(
                    "<(think|thinking|analysis|reasoning)>(.*?)</\\1>",
                    Pattern.DOTALL | Pattern.CASE_INSENSITIVE);

    private OllamaMessages() {}

    /**
     * The conversation as request messages. {@code extraArgs} stay here.
     *
     * @throws IllegalArgumentException if an image is given by its address, which Ollama does not
     *     fetch
     */
    static List<Object> to(List<ChatMessage> messages) {
        Map<String, String> toolNames = new HashMap<>();
        for (ChatMessage message : messages) {
            for (Map<String, Object> call : message.getToolCalls()) {
                for (String id : List.of("id", "original_id")) {
                    if (Json.isSet(call.get(id))) {
                        toolNames.put(call.get(id).toString(), ToolCalls.name(call));
                    }
                }
            }
        }
        List<Object> sent = new ArrayList<>();
        messages.forEach(message -> sent.add(to(message, toolNames)));
        return sent;
    }

    private static Map<String, Object> to(ChatMessage message, Map<String, String> toolNames) {
        Map<String, Object> extra = message.getExtraArgs();
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("role", message.getRole().getValue());
        sent.put("content", Parts.text(message));
        List<String> images = new ArrayList<>();
        for (MessagePart part : message.getParts()) {
            if (part instanceof ImagePart image) {
                if (image.data() == null) {
                    throw new IllegalArgumentException(
                            "the image is given by its address: this provider needs its bytes");
                }
                images.add(image.data());
            }
        }
        if (!images.isEmpty()) {
            sent.put("images", images);
        }
        if (message.getRole() == MessageRole.TOOL) {
            String callId = ToolCalls.answeredCall(message);
            Object name = extra.get("tool_name");
            name = Json.isSet(name) ? name : toolNames.get(callId);
            if (name != null) {
                sent.put("tool_name", name.toString());
            }
            if (callId != null) {
                sent.put("tool_call_id", callId);
            }
        }
        if (message.getRole() == MessageRole.ASSISTANT && !message.getToolCalls().isEmpty()) {
            sent.put(
                    "tool_calls",
                    message.getToolCalls().stream().map(OllamaMessages::call).toList());
            // A model that thought before it called has to see its thoughts with the result.
            Object thinking = extra.get("reasoning");
            thinking = Json.isSet(thinking) ? thinking : extra.get("thinking");
            if (thinking instanceof String thought && !thought.isEmpty()) {
                sent.put("thinking", thought);
            }
        }
        return sent;
    }

    private static Map<String, Object> call(Map<String, Object> call) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", ToolCalls.name(call));
        function.put("arguments", ToolCalls.sentArguments(call));
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("function", function);
        if (Json.isSet(call.get("original_id"))) {
            sent.put("id", call.get("original_id").toString());
        }
        return sent;
    }

    /**
     * A whole answer, with what is known about it in {@code extraArgs}.
     *
     * @param given the answer as JSON value
     * @param request what was asked
     * @return the message; {@code extraArgs} holds {@code model_name}, {@code promptTokens}, {@code
     *     completionTokens}, and {@code finish_reason}, {@code reasoning} and {@code logprobs} where
     *     there are any. Reasoning that is not to be extracted but belongs to tool calls is kept as
     *     {@code thinking}, to be sent back with them
     * @throws IllegalArgumentException if it is no answer
     */
    static ChatMessage from(Object given, OllamaRequest request) {
        Map<String, Object> answer = Json.object(given);
        if (answer == null) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        if (Boolean.FALSE.equals(answer.get("done"))) {
            throw new IllegalArgumentException("it is only a piece of an answer");
        }
        Map<String, Object> message = Json.object(answer.get("message"));
        if (message == null) {
            throw new IllegalArgumentException("it has no message");
        }
        List<Map<String, Object>> calls = new ArrayList<>();
        for (Object call : Json.list(message.get("tool_calls"))) {
            Map<String, Object> asked = Json.objectOrEmpty(call);
            Map<String, Object> function = Json.objectOrEmpty(asked.get("function"));
            calls.add(
                    ToolCalls.toolCall(
                            function.get("name"), function.get("arguments"), asked.get("id")));
        }
        String content = text(message, "content");
        String thinking = text(message, "thinking");
        Map<String, Object> known = new LinkedHashMap<>();
        if (request.extractReasoning()) {
            StringBuilder tagged = new StringBuilder();
            content = extracted(content, tagged);
            String reasoning =
                    Stream.of(thinking.strip(), tagged.toString().strip())
                            .filter(text -> !text.isEmpty())
                            .collect(Collectors.joining("\n"));
            known.put("reasoning", reasoning.isEmpty() ? null : reasoning);
        } else if (!calls.isEmpty()) {
            known.put("thinking", thinking.isEmpty() ? null : thinking);
        }
        Object named = answer.get("model");
        known.put("model_name", Json.isSet(named) ? named : request.model());
        // The server leaves out a count of zero.
        known.put("promptTokens", count(answer, "prompt_eval_count"));
        known.put("completionTokens", count(answer, "eval_count"));
        known.put("finish_reason", answer.get("done_reason"));
        known.put("logprobs", answer.get("logprobs"));
        return Answers.message(content, calls, known);
    }

    private static Long count(Map<String, Object> answer, String name) {
        Long count = Answers.count(answer, name);
        return count == null ? 0L : count;
    }

    private static String text(Map<String, Object> message, String name) {
        Object value = message.get(name);
        if (value == null || value instanceof String) {
            return value == null ? "" : (String) value;
        }
        throw new IllegalArgumentException("its " + name + " is no text");
    }

    /** The text without reasoning in tags such as {@code <think>}, which goes to the other. */
    private static String extracted(String content, StringBuilder reasoning) {
        Matcher tags = REASONING.matcher(content);
        if (!tags.find()) {
            return content;
        }
        StringBuilder rest = new StringBuilder();
        do {
            tags.appendReplacement(rest, "");
            if (!reasoning.isEmpty()) {
                reasoning.append('\n');
            }
            reasoning.append(tags.group(2).strip());
        } while (tags.find());
        tags.appendTail(rest);
        return rest.toString().strip();
    }
}

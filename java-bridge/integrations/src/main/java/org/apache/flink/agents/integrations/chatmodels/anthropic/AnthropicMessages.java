package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.MessagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.messages.TextPart;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.ToolCalls;

/** Messages in Anthropic's form. */
final class AnthropicMessages {

    private static final Pattern NOT_IN_AN_ID = Pattern.compile("[^a-zA-Z0-9_-]");

    private AnthropicMessages() {}

    /**
     * The system messages of a conversation as blocks of text, wherever they stand in it.
     *
     * @throws IllegalArgumentException if one of them has an image
     */
    static List<Object> system(List<ChatMessage> messages) {
        List<Map<String, Object>> blocks = new ArrayList<>();
        for (ChatMessage message : messages) {
            if (message.getRole() == MessageRole.SYSTEM) {
                blocks.addAll(parts(message));
            }
        }
        if (blocks.stream().anyMatch(block -> !"text".equals(block.get("type")))) {
            throw new IllegalArgumentException(
                    "a system message has an image: Anthropic takes them in user messages");
        }
        return new ArrayList<>(blocks);
    }

    /**
     * The conversation as request messages.
     *
     * <p>System messages are left out, and so are empty ones, which the API refuses. Messages in a
     * row that have the same role there become one, so that all results of a round are together.
     *
     * @throws IllegalArgumentException if a tool message does not tell which call it answers
     */
    static List<Object> to(List<ChatMessage> messages) {
        List<String> roles = new ArrayList<>();
        List<List<Map<String, Object>>> contents = new ArrayList<>();
        for (ChatMessage message : messages) {
            List<Map<String, Object>> blocks = blocks(message);
            if (message.getRole() == MessageRole.SYSTEM || blocks.isEmpty()) {
                continue;
            }
            String role = message.getRole() == MessageRole.ASSISTANT ? "assistant" : "user";
            int last = roles.size() - 1;
            if (last >= 0 && roles.get(last).equals(role)) {
                contents.get(last).addAll(blocks);
            } else {
                roles.add(role);
                contents.add(new ArrayList<>(blocks));
            }
        }
        List<Object> sent = new ArrayList<>();
        for (int i = 0; i < roles.size(); i++) {
            List<Map<String, Object>> blocks = contents.get(i);
            if (i == roles.size() - 1 && roles.get(i).equals("assistant")) {
                endWithoutSpace(blocks);
            }
            // The API wants the results before all other blocks.
            blocks.sort(Comparator.comparing(block -> !"tool_result".equals(block.get("type"))));
            Map<String, Object> message = new LinkedHashMap<>();
            message.put("role", roles.get(i));
            message.put("content", content(blocks));
            sent.add(message);
        }
        return sent;
    }

    /** A single text as it is, all else as blocks. */
    private static Object content(List<Map<String, Object>> blocks) {
        if (blocks.size() == 1
                && blocks.get(0).size() == 2
                && "text".equals(blocks.get(0).get("type"))) {
            return blocks.get(0).get("text");
        }
        return blocks;
    }

    private static List<Map<String, Object>> blocks(ChatMessage message) {
        return switch (message.getRole()) {
            case TOOL -> List.of(toolResult(message));
            case ASSISTANT -> assistantBlocks(message);
            case SYSTEM, USER -> parts(message);
        };
    }

    /** Text and images. A text of nothing but space is refused by the API, so it is left out. */
    private static List<Map<String, Object>> parts(ChatMessage message) {
        List<Map<String, Object>> blocks = new ArrayList<>();
        for (MessagePart part : message.getAllParts()) {
            if (part instanceof ImagePart image) {
                blocks.add(image(image));
            } else if (part instanceof TextPart text && !text.text().isBlank()) {
                blocks.add(block("text", "text", text.text()));
            }
        }
        return blocks;
    }

    private static Map<String, Object> block(String type, String name, Object value) {
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("type", type);
        block.put(name, value);
        return block;
    }

    private static Map<String, Object> image(ImagePart image) {
        Map<String, Object> source;
        if (image.url() != null) {
            source = block("url", "url", image.url());
        } else {
            source = block("base64", "media_type", image.mediaType());
            source.put("data", image.data());
        }
        return block("image", "source", source);
    }

    private static Map<String, Object> toolResult(ChatMessage message) {
        Map<String, Object> extra = message.getExtraArgs();
        String id = toolId(ToolCalls.requireAnsweredCall(message));
        Map<String, Object> block = block("tool_result", "tool_use_id", id);
        List<Map<String, Object>> parts = parts(message);
        if (!parts.isEmpty()) {
            block.put("content", content(parts));
        }
        if (Json.isSet(extra.get("is_error")) || Json.isSet(extra.get("isError"))) {
            block.put("is_error", true);
        }
        return block;
    }

    /** All that was said, as the API takes it: no empty text, and no thinking in the end. */
    private static List<Map<String, Object>> assistantBlocks(ChatMessage message) {
        List<Map<String, Object>> said = wholeContent(message);
        if (said.isEmpty()) {
            for (Object block : Json.list(message.getExtraArgs().get("reasoning_blocks"))) {
                said.add(Json.objectOrEmpty(block));
            }
            said.addAll(parts(message));
            message.getToolCalls().forEach(call -> said.add(toolUse(call)));
        }
        said.removeIf(
                block ->
                        "text".equals(block.get("type"))
                                && String.valueOf(block.get("text")).isBlank());
        while (!said.isEmpty() && AnthropicAnswer.isThinking(said.get(said.size() - 1))) {
            said.remove(said.size() - 1);
        }
        return said;
    }

    /** The blocks that came, if they were kept and the message still is what they say. */
    private static List<Map<String, Object>> wholeContent(ChatMessage message) {
        List<Map<String, Object>> blocks = new ArrayList<>();
        for (Object block : Json.list(message.getExtraArgs().get("content_blocks"))) {
            blocks.add(Json.objectOrEmpty(block));
        }
        String text =
                blocks.stream()
                        .filter(block -> "text".equals(block.get("type")))
                        .map(block -> String.valueOf(block.get("text")))
                        .collect(Collectors.joining());
        List<String> kept =
                blocks.stream()
                        .filter(block -> "tool_use".equals(block.get("type")))
                        .map(block -> String.valueOf(block.get("id")))
                        .toList();
        List<String> asked =
                message.getToolCalls().stream()
                        .map(call -> String.valueOf(call.get("original_id")))
                        .toList();
        boolean same =
                text.equals(message.getContent())
                        && kept.equals(asked)
                        && message.getParts().isEmpty();
        return same ? blocks : new ArrayList<>();
    }

    private static Map<String, Object> toolUse(Map<String, Object> call) {
        Map<String, Object> block = block("tool_use", "id", toolId(ToolCalls.sentId(call)));
        block.put("name", ToolCalls.name(call));
        block.put("input", ToolCalls.sentArguments(call));
        return block;
    }

    /** The id, also where another provider gave it: only these characters are allowed. */
    private static String toolId(String given) {
        return NOT_IN_AN_ID.matcher(given).replaceAll("_");
    }

    /** An answer that is begun for the model may not end with space. */
    private static void endWithoutSpace(List<Map<String, Object>> blocks) {
        Map<String, Object> last = blocks.get(blocks.size() - 1);
        if ("text".equals(last.get("type"))) {
            last.put("text", String.valueOf(last.get("text")).stripTrailing());
        }
    }
}

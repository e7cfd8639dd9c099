package org.apache.flink.agents.api.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.messages.TextPart;
import org.junit.jupiter.api.Test;

class ChatMessageTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Map<String, Object> call() {
        return Map.of(
                "id", "1",
                "type", "function",
                "function", Map.of("name", "add", "arguments", Map.of("a", 1)),
                "original_id", "call_1");
    }

    @Test
    void aMessageIsWrittenWithTheMembersOfTheWireForm() throws Exception {
        ChatMessage message =
                new ChatMessage(
                        MessageRole.ASSISTANT, "Hi", List.of(call()), Map.of("model_name", "m"));
        message.setParts(
                List.of(new TextPart("t"), ImagePart.ofBytes(new byte[] {1}, "image/png")));
        Object expected =
                JSON.readValue(
                        """
                        {"role": "assistant", "content": "Hi",
                         "parts": [{"text": "t"}, {"data": "AQ==", "media_type": "image/png"}],
                         "tool_calls": [{"id": "1", "type": "function", "original_id": "call_1",
                           "function": {"name": "add", "arguments": {"a": 1}}}],
                         "extra_args": {"model_name": "m"}}
                        """,
                        Object.class);
        assertEquals(expected, JSON.readValue(JSON.writeValueAsString(message), Object.class));
    }

    @Test
    void aMessageIsReadBackAsItWasWritten() throws Exception {
        ChatMessage message =
                new ChatMessage(MessageRole.TOOL, "3", List.of(call()), Map.of("a", List.of(1)));
        message.setParts(List.of(ImagePart.ofUrl("http://x/a.png"), new TextPart("t")));
        assertEquals(
                message, JSON.readValue(JSON.writeValueAsString(message), ChatMessage.class));
    }

    @Test
    void emptyListsAreLeftOutAndMayBeMissing() throws Exception {
        assertEquals(
                "{\"role\":\"user\",\"content\":\"Hi\"}",
                JSON.writeValueAsString(ChatMessage.user("Hi")));
        assertEquals(
                ChatMessage.user("Hi"), JSON.readValue("{\"content\": \"Hi\"}", ChatMessage.class));
    }

    @Test
    void camelCaseIsReadToo() throws Exception {
        ChatMessage message =
                JSON.readValue(
                        "{\"toolCalls\": [{\"id\": \"1\"}], \"extraArgs\": {\"a\": 1}}",
                        ChatMessage.class);
        assertEquals(List.of(Map.of("id", "1")), message.getToolCalls());
        assertEquals(Map.of("a", 1), message.getExtraArgs());
    }

    @Test
    void whatIsGivenIsCopied() {
        Map<String, Object> given = new java.util.HashMap<>();
        ChatMessage message = new ChatMessage(MessageRole.USER, null, List.of(), given);
        given.put("a", 1);
        message.getExtraArgs().put("b", 2);
        assertEquals(Map.of("b", 2), message.getExtraArgs());
        assertEquals("", message.getContent());
    }

    @Test
    void aToolMessageSaysWhatItAnswers() {
        assertEquals(
                Map.of(ChatMessage.EXTERNAL_ID, "call_1"),
                ChatMessage.tool("3", "call_1").getExtraArgs());
        assertTrue(ChatMessage.tool("3", null).getExtraArgs().isEmpty());
    }

    @Test
    void anImageIsEitherAnAddressOrBytesWithATypeOfImage() {
        assertThrows(IllegalArgumentException.class, () -> new ImagePart(null, null, null));
        assertThrows(IllegalArgumentException.class, () -> new ImagePart("u", "AQ==", "image/png"));
        assertThrows(IllegalArgumentException.class, () -> new ImagePart(null, "AQ==", null));
        assertEquals(
                "data:image/png;base64,AQ==",
                ImagePart.ofBytes(new byte[] {1}, "image/png").address());
    }
}

package org.apache.flink.agents.api.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.messages.TextPart;
import org.junit.jupiter.api.Test;

class PromptTest {
    @Test
    void placeholdersAreFilledByName() {
        Prompt prompt = Prompt.fromText("Hello {name}, you are {age}.");
        assertEquals("Hello Ann, you are 7.", prompt.formatString(Map.of("name", "Ann", "age", 7)));
    }

    @Test
    void aPlaceholderWithoutAValueStays() {
        assertEquals("Hello {name}.", Prompt.fromText("Hello {name}.").formatString(Map.of()));
    }

    @Test
    void theBracesOfJsonStay() {
        String json = "Answer with {\"a\": {\"b\": [1, {}]}} and {x}.";
        assertEquals(
                "Answer with {\"a\": {\"b\": [1, {}]}} and 1.",
                Prompt.fromText(json).formatString(Map.of("x", 1)));
    }

    @Test
    void aValueThatLooksLikeATemplateIsNone() {
        assertEquals(
                "{b} and $1\\ and B",
                Prompt.fromText("{a} and {b}").formatString(Map.of("a", "{b} and $1\\", "b", "B")));
    }

    @Test
    void doubledBracesAreNoEscape() {
        assertEquals("{A}", Prompt.fromText("{{a}}").formatString(Map.of("a", "A")));
    }

    @Test
    void aTextIsSaidByTheSystemUnlessItIsSaidOtherwise() {
        Prompt prompt = Prompt.fromText("Be {mood}.");
        Map<String, String> values = Map.of("mood", "kind");
        assertEquals(List.of(ChatMessage.system("Be kind.")), prompt.formatMessages(values));
        assertEquals(
                List.of(ChatMessage.user("Be kind.")),
                prompt.formatMessages(MessageRole.USER, values));
    }

    @Test
    void messagesKeepTheirRolesAndTheTemplateIsNotChanged() {
        ChatMessage message = ChatMessage.user("Look at {what}.");
        message.setParts(List.of(ImagePart.ofUrl("http://x/{what}.png"), new TextPart("{what}?")));
        Prompt prompt = Prompt.fromMessages(List.of(ChatMessage.system("Be {mood}."), message));

        List<ChatMessage> filled =
                prompt.formatMessages(MessageRole.TOOL, Map.of("what", "this", "mood", "kind"));

        assertEquals("Be kind.", filled.get(0).getContent());
        assertEquals(MessageRole.SYSTEM, filled.get(0).getRole());
        assertEquals("Look at this.", filled.get(1).getContent());
        assertEquals(
                List.of(ImagePart.ofUrl("http://x/{what}.png"), new TextPart("this?")),
                filled.get(1).getParts());
        assertNotSame(message, filled.get(1));
        assertEquals("Look at {what}.", message.getContent());
    }

    @Test
    void messagesAsOneTextHaveALineEach() {
        Prompt prompt =
                Prompt.fromMessages(List.of(ChatMessage.system("Be {m}."), ChatMessage.user("Hi")));
        assertEquals("system: Be kind.\nuser: Hi", prompt.formatString(Map.of("m", "kind")));
    }

    @Test
    void aPromptTravelsAsJavaSerializesIt() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(Prompt.fromMessages(List.of(ChatMessage.user("Hi {x}"))));
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            Prompt read = (Prompt) in.readObject();
            assertEquals("user: Hi 1", read.formatString(Map.of("x", 1)));
        }
    }
}

package org.apache.flink.agents.api.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.junit.jupiter.api.Test;

class EventJsonTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    record Answer(int value) {}

    public static class Reviewed extends Event {
        public String text;
        public int score;
    }

    private static <E extends Event> E readBack(E event, Class<E> type) throws Exception {
        E read = JSON.readValue(JSON.writeValueAsString(event), type);
        assertEquals(event.getId(), read.getId());
        assertEquals(event.getAttributes(), read.getAttributes());
        assertEquals(event.getSourceTimestamp(), read.getSourceTimestamp());
        return read;
    }

    @Test
    void anEventOfTheUserIsReadBackAsItWasWritten() throws Exception {
        Reviewed event = new Reviewed();
        event.text = "good";
        event.score = 5;
        event.setAttr("source", "web");
        event.setSourceTimestamp(12L);
        Reviewed read = readBack(event, Reviewed.class);
        assertEquals("good", read.text);
        assertEquals(5, read.score);
        assertEquals("web", read.getAttr("source"));
    }

    @Test
    void theEventsOfTheLibraryAreReadBackAsTheyWereWritten() throws Exception {
        assertEquals(7, readBack(new InputEvent(7), InputEvent.class).getInput());
        ChatRequestEvent request =
                new ChatRequestEvent(
                        "m", List.of(ChatMessage.user("Hi")), Answer.class, Map.of("a", 1));
        ChatRequestEvent read = readBack(request, ChatRequestEvent.class);
        assertEquals(request.getMessages(), read.getMessages());
        assertEquals(request.getOutputSchema(), read.getOutputSchema());
        assertEquals(request.getPromptArgs(), read.getPromptArgs());
        ChatResponseEvent response =
                new ChatResponseEvent(request.getId(), ChatMessage.assistant("Ho"));
        assertEquals(
                response.getResponse(),
                readBack(response, ChatResponseEvent.class).getResponse());
        ToolResponseEvent results =
                new ToolResponseEvent(
                        UUID.randomUUID(),
                        Map.of("1", ToolResponse.success(3), "2", ToolResponse.error("no")),
                        Map.of("1", "call_1"));
        ToolResponseEvent readResults = readBack(results, ToolResponseEvent.class);
        assertEquals(results.getResponses(), readResults.getResponses());
        assertEquals(results.getExternalIds(), readResults.getExternalIds());
    }

    @Test
    void eachEventHasAnIdOfItsOwn() {
        assertNotEquals(new InputEvent(1).getId(), new InputEvent(1).getId());
    }
}

package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An answer of a schema is asked for natively, or in words. */
class OutputSchemaTest {

    private static final Map<String, Object> SCHEMA =
            Map.of(
                    "title", "City",
                    "type", "object",
                    "properties", Map.of("name", Map.of("type", "string")),
                    "required", List.of("name"));

    private RecordedServer server;

    @BeforeEach
    void start() {
        server = new RecordedServer(null);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, gpt-4.1, response_format",
        "AZURE, gpt-4o, response_format",
        "ANTHROPIC, claude-sonnet-4-5, output_config",
        "OLLAMA, qwen3:8b, format"
    })
    void aSchemaGoesToTheModelNatively(Asking provider, String model, String field) {
        server.always(Answer.json(provider.answer));
        provider.ask(
                server.url(),
                Map.of(),
                Map.of("model", model),
                Asking.HELLO,
                Map.of("output_schema", SCHEMA));
        assertTrue(Json.write(server.last().body().get(field)).contains("\"name\""));
        assertFalse(server.last().text().contains("output_schema"));
        assertFalse(server.last().text().contains("Answer with one JSON value"));
    }

    @Test
    void anthropicsAnswerIsBegunForAModelWithoutStructuredOutput() {
        server.always(Answer.json(Asking.blocks(Map.of("type", "text", "text", "\"name\": 1}"))));
        ChatMessage answer = askForSchema(Map.of());
        assertEquals("{\"name\": 1}", answer.getContent());
        List<Object> messages = Json.list(server.last().body().get("messages"));
        assertEquals(Map.of("role", "assistant", "content", "{"), messages.get(1));
    }

    @Test
    void anthropicsAnswerIsNotBegunWithToolsNorWhenSwitchedOff() {
        server.always(Answer.json(Asking.ANTHROPIC.answer));
        askForSchema(Map.of("json_prefill", false));
        assertEquals(1, Json.list(server.last().body().get("messages")).size());
        Asking.ANTHROPIC.ask(
                server.url(),
                Map.of(),
                Map.of(),
                Asking.HELLO,
                Map.of("output_schema", SCHEMA),
                Asking.weather());
        assertEquals(1, Json.list(server.last().body().get("messages")).size());
        assertNull(server.last().body().get("json_prefill"));
    }

    private ChatMessage askForSchema(Map<String, Object> setup) {
        return Asking.ANTHROPIC.ask(
                server.url(), Map.of(), setup, Asking.HELLO, Map.of("output_schema", SCHEMA));
    }
}

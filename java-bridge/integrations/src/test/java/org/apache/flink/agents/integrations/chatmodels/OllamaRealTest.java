package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A real server with the models {@code chat}, {@code tools} and {@code think}. */
@EnabledIfEnvironmentVariable(named = "OLLAMA_TEST_URL", matches = "http.+")
@Timeout(180)
class OllamaRealTest {

    private static final String URL = System.getenv("OLLAMA_TEST_URL");
    private static final Map<String, Object> PATIENT = Map.of("requestTimeout", 120);
    private static final Map<String, Object> FEW = Map.of("num_predict", 16, "seed", 1);

    @Test
    void aModelThatCannotThinkChats() {
        ChatMessage answer =
                Asking.OLLAMA.ask(
                        URL,
                        PATIENT,
                        Map.of("model", "chat", "additional_kwargs", FEW),
                        Asking.HELLO);
        assertFalse(answer.getContent().isEmpty());
        assertTrue((Long) answer.getExtraArgs().get("promptTokens") > 0);
        assertTrue((Long) answer.getExtraArgs().get("completionTokens") > 0);
    }

    @Test
    void anAnswerKeepsToASchema() {
        Map<String, Object> schema =
                Map.of(
                        "type", "object",
                        "properties", Map.of("yes", Map.of("type", "boolean")),
                        "required", List.of("yes"));
        ChatMessage answer =
                Asking.OLLAMA.ask(
                        URL,
                        PATIENT,
                        Map.of("model", "chat", "additional_kwargs", Map.of("seed", 1)),
                        Asking.HELLO,
                        Map.of("output_schema", schema));
        assertTrue(Json.object(Json.read(answer.getContent())).get("yes") instanceof Boolean);
    }

    @Test
    void aToolIsCalledAndItsResultTaken() {
        Map<String, Object> setup = Map.of("model", "tools", "temperature", 0);
        ChatMessage question = ChatMessage.user("add 17 and 25");
        ChatMessage asked =
                Asking.OLLAMA.ask(URL, PATIENT, setup, List.of(question), Asking.add());
        Map<String, Object> call = asked.getToolCalls().get(0);
        assertEquals("add", Json.object(call.get("function")).get("name"));
        ChatMessage result = ChatMessage.tool("42", (String) call.get("original_id"));
        ChatMessage answer =
                Asking.OLLAMA.ask(
                        URL, PATIENT, setup, List.of(question, asked, result), Asking.add());
        assertTrue(answer.getContent().contains("42"), answer.getContent());
    }

    @Test
    void aModelThatThinksTellsItsReasoning() {
        ChatMessage answer =
                Asking.OLLAMA.ask(
                        URL,
                        PATIENT,
                        Map.of("model", "think", "think", true, "additional_kwargs", FEW),
                        Asking.HELLO);
        assertTrue(answer.getExtraArgs().containsKey("reasoning"), answer.toString());
    }

    @Test
    void aModelThatIsToThinkButCannotIsAnError() {
        var error =
                assertThrows(
                        ModelRequestException.class,
                        () ->
                                Asking.OLLAMA.ask(
                                        URL,
                                        PATIENT,
                                        Map.of("model", "chat", "think", true),
                                        Asking.HELLO));
        assertTrue(error.getMessage().contains("Set think to false"), error.getMessage());
    }

    @Test
    void aModelThatIsNotThereIsAnErrorThatTellsHowToGetIt() {
        var error =
                assertThrows(
                        ModelRequestException.class,
                        () ->
                                Asking.OLLAMA.ask(
                                        URL, PATIENT, Map.of("model", "nowhere"), Asking.HELLO));
        assertTrue(error.getMessage().contains("ollama pull nowhere"), error.getMessage());
    }
}

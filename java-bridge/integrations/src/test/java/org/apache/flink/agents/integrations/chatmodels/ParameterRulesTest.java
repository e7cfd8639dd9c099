package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which parameters win, which are refused, which models get none. */
class ParameterRulesTest {

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
    @EnumSource(Asking.class)
    void anArgumentThatNobodyKnowsIsRefusedByName(Asking provider) {
        Map<String, Object> wrong = Map.of("temprature", 0.5);
        var ofConnection =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> provider.connection(server.url(), wrong));
        var ofSetup =
                assertThrows(
                        IllegalArgumentException.class, () -> provider.setup(null, wrong));
        assertTrue(ofConnection.getMessage().contains("temprature"));
        assertTrue(ofSetup.getMessage().contains("temprature"));
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void anArgumentOutOfRangeIsRefusedByName(Asking provider) {
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> provider.setup(null, Map.of("temperature", -1)));
        assertTrue(refused.getMessage().contains("temperature=-1"), refused.getMessage());
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aParameterThatIsNullIsNotSent(Asking provider) {
        Map<String, Object> without = new LinkedHashMap<>();
        without.put("temperature", null);
        server.always(Answer.json(provider.answer));
        provider.ask(
                server.url(), Map.of(), Map.of("additional_kwargs", without), Asking.HELLO);
        assertTrue(!server.last().text().contains("temperature"), server.last().text());
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void theCallersParametersWin(Asking provider) {
        server.always(Answer.json(provider.answer));
        provider.ask(
                server.url(),
                Map.of(),
                Map.of("temperature", 0.2),
                Asking.HELLO,
                Map.of("temperature", 0.9));
        assertTrue(server.last().text().contains("0.9"), server.last().text());
    }

    @Test
    void theModelOfAnOpenAISetupWinsOverThatOfItsConnection() {
        server.always(Answer.json(Asking.OPENAI.answer));
        Asking.OPENAI.ask(
                server.url(), Map.of("model", "gpt-4.1"), Map.of("model", "gpt-4"), Asking.HELLO);
        assertEquals("gpt-4", server.last().body().get("model"));
    }

    @Test
    void aReasoningModelOfOpenAIGetsNoDefaultTemperatureAndTheNewerNameOfTheLimit() {
        server.always(Answer.json(Asking.OPENAI.answer));
        Asking.OPENAI.ask(
                server.url(), Map.of(), Map.of("model", "gpt-5", "max_tokens", 5), Asking.HELLO);
        Map<String, Object> body = server.last().body();
        assertNull(body.get("temperature"));
        assertEquals(5, body.get("max_completion_tokens"));
        assertNull(body.get("max_tokens"));
    }

    @Test
    void anthropicIsAskedInTheVersionThatTakesATemperature() {
        server.always(Answer.json(Asking.ANTHROPIC.answer));
        Asking.ANTHROPIC.ask(server.url(), Map.of(), Map.of(), Asking.HELLO);
        assertEquals("2023-06-01", server.last().header("anthropic-version"));
        assertEquals("/v1/messages", server.last().path());
    }

    @Test
    void aNewModelOfAnthropicGetsNoDefaultTemperature() {
        server.always(Answer.json(Asking.ANTHROPIC.answer));
        Asking.ANTHROPIC.ask(
                server.url(), Map.of(), Map.of("model", "claude-opus-5-0"), Asking.HELLO);
        assertNull(server.last().body().get("temperature"));
    }

    @Test
    void ollamaExtractsReasoningUnlessToldNotTo() {
        Map<String, Object> thought =
                Map.of(
                        "role", "assistant",
                        "content", "<think>Aside.</think>Hello.",
                        "thinking", "First.");
        server.always(Answer.json(Asking.ollama(thought)));
        for (String name : List.of("extractReasoning", "extract_reasoning")) {
            ChatMessage usual = Asking.OLLAMA.ask(server.url(), Map.of(), Map.of(), Asking.HELLO);
            ChatMessage off =
                    Asking.OLLAMA.ask(
                            server.url(), Map.of(), Map.of(name, false), Asking.HELLO);
            assertEquals("Hello.", usual.getContent());
            assertEquals("First.\nAside.", usual.getExtraArgs().get("reasoning"));
            assertEquals("<think>Aside.</think>Hello.", off.getContent());
            assertNull(off.getExtraArgs().get("reasoning"));
        }
        assertTrue(!server.last().text().contains("reasoning"));
    }

    @Test
    void aModelOfOllamaThatCannotThinkIsAskedAgainWithoutAndThenNoMore() {
        server.always(Answer.json(Asking.OLLAMA.answer));
        server.script(Answer.status(400, Map.of("error", "\"m\" does not support thinking")));
        var connected = Asking.OLLAMA.connection(server.url(), Map.of());
        try {
            var setup = Asking.OLLAMA.setup(connected, Map.of());
            assertEquals("Hello.", setup.chat(Asking.HELLO).getContent());
            assertEquals("Hello.", setup.chat(Asking.HELLO).getContent());
        } finally {
            Asking.close(connected);
        }
        assertEquals(
                Arrays.asList(true, null, null),
                server.requests().stream().map(request -> request.body().get("think")).toList());
    }
}

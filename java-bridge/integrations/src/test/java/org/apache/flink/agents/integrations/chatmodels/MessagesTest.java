package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.ImagePart;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages, tool calls and schemas between this library's form and those of the providers. */
class MessagesTest {

    private static final Map<String, Object> PLACES =
            Map.of("places", List.of(Map.of("name", "Ghent")));

    private RecordedServer server;

    @BeforeEach
    void start() {
        server = new RecordedServer(null);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Map<String, Object> callsFor(Asking provider, Object arguments) {
        return switch (provider) {
            case OPENAI, AZURE ->
                    Asking.completion(
                            Map.of(
                                    "role", "assistant",
                                    "tool_calls",
                                            List.of(
                                                    openAICall("call_1", arguments),
                                                    openAICall("call_2", arguments))));
            case ANTHROPIC ->
                    Asking.blocks(
                            Map.of("type", "thinking", "thinking", "Hm.", "signature", "c2ln"),
                            Map.of("type", "text", "text", "I look."),
                            toolUse("call_1", arguments),
                            toolUse("call_2", arguments));
            case OLLAMA ->
                    Asking.ollama(
                            Map.of(
                                    "role", "assistant",
                                    "content", "",
                                    "thinking", "Hm.",
                                    "tool_calls",
                                            List.of(
                                                    ollamaCall("call_1", arguments),
                                                    ollamaCall("call_2", arguments))));
        };
    }

    private static Map<String, Object> openAICall(String id, Object arguments) {
        String text = arguments instanceof String ? (String) arguments : Json.write(arguments);
        return Map.of(
                "id", id,
                "type", "function",
                "function", Map.of("name", "weather", "arguments", text));
    }

    private static Map<String, Object> toolUse(String id, Object arguments) {
        return Map.of("type", "tool_use", "id", id, "name", "weather", "input", arguments);
    }

    private static Map<String, Object> ollamaCall(String id, Object arguments) {
        return Map.of("id", id, "function", Map.of("name", "weather", "arguments", arguments));
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void anAnswerTellsModelUsageAndWhyItEnded(Asking provider) {
        server.always(Answer.json(provider.answer));
        ChatMessage answer = provider.ask(server.url(), Map.of(), Map.of(), Asking.HELLO);
        assertEquals("Hello.", answer.getContent());
        assertEquals("answering-model", answer.getExtraArgs().get("model_name"));
        assertEquals(9L, answer.getExtraArgs().get("promptTokens"));
        assertEquals(0L, answer.getExtraArgs().get("completionTokens"));
        assertNotNull(answer.getExtraArgs().get("finish_reason"));
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aRoundOfToolCallsGoesBackWhole(Asking provider) {
        server.always(Answer.json(provider.answer));
        server.script(Answer.json(callsFor(provider, PLACES)));
        ChatMessage asked =
                provider.ask(server.url(), Map.of(), Map.of(), Asking.HELLO, Asking.weather());
        assertEquals(2, asked.getToolCalls().size());
        Map<String, Object> call = asked.getToolCalls().get(0);
        assertEquals("call_1", call.get("original_id"));
        assertEquals("function", call.get("type"));
        assertEquals(Map.of("name", "weather", "arguments", PLACES), call.get("function"));
        assertFalse("call_1".equals(call.get("id")));

        ChatMessage second = ChatMessage.tool("rain");
        second.getExtraArgs().put("externalId", "call_2");
        provider.ask(
                server.url(),
                Map.of(),
                Map.of(),
                List.of(
                        ChatMessage.system("Be brief."),
                        ChatMessage.user("Hello?"),
                        asked,
                        ChatMessage.tool("sun", "call_1"),
                        second));
        Map<String, Object> body = server.last().body();
        assertEquals(Json.read(expectedRound(provider)), body.get("messages"));
        if (provider == Asking.ANTHROPIC) {
            assertEquals(List.of(Map.of("type", "text", "text", "Be brief.")), body.get("system"));
        }
        for (String leaked : List.of("model_name", "promptTokens", "external", "original_id")) {
            assertFalse(server.last().text().contains(leaked), leaked);
        }
    }

    private static String expectedRound(Asking provider) {
        return switch (provider) {
            case OPENAI, AZURE ->
                    """
                    [{"role": "system", "content": "Be brief."},
                     {"role": "user", "content": "Hello?"},
                     {"role": "assistant", "content": null, "tool_calls": [
                      {"id": "call_1", "type": "function", "function": {"name": "weather",
                       "arguments": "{\\"places\\":[{\\"name\\":\\"Ghent\\"}]}"}},
                      {"id": "call_2", "type": "function", "function": {"name": "weather",
                       "arguments": "{\\"places\\":[{\\"name\\":\\"Ghent\\"}]}"}}]},
                     {"role": "tool", "content": "sun", "tool_call_id": "call_1"},
                     {"role": "tool", "content": "rain", "tool_call_id": "call_2"}]
                    """;
            case ANTHROPIC ->
                    """
                    [{"role": "user", "content": "Hello?"},
                     {"role": "assistant", "content": [
                      {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                      {"type": "text", "text": "I look."},
                      {"type": "tool_use", "id": "call_1", "name": "weather",
                       "input": {"places": [{"name": "Ghent"}]}},
                      {"type": "tool_use", "id": "call_2", "name": "weather",
                       "input": {"places": [{"name": "Ghent"}]}}]},
                     {"role": "user", "content": [
                      {"type": "tool_result", "tool_use_id": "call_1", "content": "sun"},
                      {"type": "tool_result", "tool_use_id": "call_2", "content": "rain"}]}]
                    """;
            case OLLAMA ->
                    """
                    [{"role": "system", "content": "Be brief."},
                     {"role": "user", "content": "Hello?"},
                     {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [
                      {"id": "call_1", "function": {"name": "weather",
                       "arguments": {"places": [{"name": "Ghent"}]}}},
                      {"id": "call_2", "function": {"name": "weather",
                       "arguments": {"places": [{"name": "Ghent"}]}}}]},
                     {"role": "tool", "content": "sun", "tool_name": "weather",
                      "tool_call_id": "call_1"},
                     {"role": "tool", "content": "rain", "tool_name": "weather",
                      "tool_call_id": "call_2"}]
                    """;
        };
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void malformedArgumentsStayTheTextThatTheyAre(Asking provider) {
        server.always(Answer.json(provider.answer));
        server.script(Answer.json(callsFor(provider, "{\"places\": [")));
        ChatMessage asked = provider.ask(server.url(), Map.of(), Map.of(), Asking.HELLO);
        Map<?, ?> function = (Map<?, ?>) asked.getToolCalls().get(0).get("function");
        assertEquals("{\"places\": [", function.get("arguments"));

        provider.ask(
                server.url(),
                Map.of(),
                Map.of(),
                List.of(ChatMessage.user("Hello?"), asked, ChatMessage.tool("no", "call_1")));
        assertTrue(server.last().text().contains("malformed_arguments"));
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aToolIsDescribedWithItsWholeSchema(Asking provider) {
        server.always(Answer.json(provider.answer));
        provider.ask(server.url(), Map.of(), Map.of(), Asking.HELLO, Asking.weather());
        Map<String, Object> tool = Json.object(Json.list(server.last().body().get("tools")).get(0));
        Map<String, Object> schema =
                provider == Asking.ANTHROPIC
                        ? Json.object(tool.get("input_schema"))
                        : Json.object(Json.object(tool.get("function")).get("parameters"));
        if (provider == Asking.OLLAMA) {
            assertFalse(server.last().text().contains("$ref"));
            assertTrue(Json.write(schema).contains("{\"name\":{\"type\":\"string\"}}"));
        } else {
            assertEquals(Asking.weather().getMetadata().getParameters(), schema);
        }
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void imagesAreSent(Asking provider) {
        server.always(Answer.json(provider.answer));
        ChatMessage message = ChatMessage.user("What is it?");
        message.setParts(List.of(ImagePart.ofBytes(new byte[] {1, 2, 3}, "image/png")));
        provider.ask(server.url(), Map.of(), Map.of(), List.of(message));
        Map<String, Object> sent =
                Json.object(Json.list(server.last().body().get("messages")).get(0));
        String expected =
                switch (provider) {
                    case OPENAI, AZURE ->
                            "{\"type\":\"image_url\",\"image_url\":{\"url\":"
                                    + "\"data:image/png;base64,AQID\"}}";
                    case ANTHROPIC ->
                            "{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                                    + "\"media_type\":\"image/png\",\"data\":\"AQID\"}}";
                    case OLLAMA -> "[\"AQID\"]";
                };
        Object image =
                provider == Asking.OLLAMA
                        ? sent.get("images")
                        : Json.list(sent.get("content")).get(1);
        assertEquals(Json.read(expected), image);
    }

    @Test
    void reasoningOfOtherServersIsKept() {
        Map<String, Object> message =
                Map.of("role", "assistant", "content", "42", "reasoning_content", "Hm.");
        server.always(Answer.json(Asking.completion(message)));
        for (Asking provider : List.of(Asking.OPENAI, Asking.AZURE)) {
            ChatMessage answer = provider.ask(server.url(), Map.of(), Map.of(), Asking.HELLO);
            assertEquals("Hm.", answer.getExtraArgs().get("reasoning"));
        }
    }
}

package org.apache.flink.agents.bridge.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.tools.Tool;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What crosses the bridge, by files that the Python tests read too. */
class GoldenFilesTest {

    private static JsonNode golden(String name) throws IOException {
        Path file = Path.of("src/test/resources/golden", name + ".json");
        return Json.read(Files.readString(file, StandardCharsets.UTF_8));
    }

    private static Stream<Named<JsonNode>> messages() throws IOException {
        return StreamSupport.stream(golden("messages").spliterator(), false)
                .map(message -> Named.of(message.path("name").asText(), message));
    }

    private static Stream<JsonNode> errors() throws IOException {
        return StreamSupport.stream(golden("errors").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void aMessageIsWrittenAsItWasRead(JsonNode golden) {
        ChatMessage message = Messages.read(golden.path("wire"));
        JsonNode expected = golden.has("reads_as") ? golden.path("reads_as") : golden.path("wire");
        assertEquals(expected, Messages.write(message));
        String text = Json.write(Messages.write(message));
        assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(text), text);
        assertEquals(message, Messages.read(Json.read(text)));
    }

    @Test
    void toolsKeepTheirSchemasWordForWord() throws IOException {
        List<Tool> tools = ForeignTool.readAll(golden("tools"));
        ObjectNode written = Json.object();
        ForeignTool.write(written, tools);
        assertEquals(golden("tools"), written.path("tools"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorBecomesAnExceptionOfItsKind(JsonNode golden) {
        ModelException error = WireError.read(golden).toException("", Redaction.NONE);
        assertEquals(golden.path("java").asText(), error.getClass().getSimpleName());
        assertTrue(error.getMessage().contains(golden.path("class").asText()));
        assertTrue(error.getMessage().contains(golden.path("message").asText()));
        assertTrue(error.getCause().getMessage().contains("A.java:1"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anExceptionTellsItsKind(JsonNode golden) throws ReflectiveOperationException {
        Class<?> type =
                Class.forName(
                        "org.apache.flink.agents.api.exceptions." + golden.path("java").asText());
        Throwable error = (Throwable) type.getConstructor(String.class).newInstance("why");
        WireError written = WireError.of(error, Redaction.NONE);
        assertEquals(golden.path("kind").asText(), written.kind());
        assertEquals("why", written.message());
        assertEquals(written, WireError.read(written.write()));
    }

    @Test
    void onlyTheSameVersionAndProtocolFit() throws IOException {
        JsonNode golden = golden("hello");
        golden.properties()
                .forEach(
                        entry -> {
                            String text =
                                    Json.write(entry.getValue())
                                            .replace("OWN", Hello.own().version());
                            Optional<String> problem = Hello.mismatch(Hello.read(text));
                            assertEquals(entry.getKey().equals("fits"), problem.isEmpty());
                            problem.ifPresent(
                                    told -> {
                                        assertTrue(told.contains(Hello.own().version()), told);
                                        assertTrue(told.contains(Hello.read(text).version()));
                                    });
                        });
    }

    @Test
    void secretsAreNotInErrors() {
        Redaction redaction =
                Redaction.of(
                        Map.of(
                                "apiKey", "sk-12345678",
                                "default_headers", Map.of("X-Any", "header-value"),
                                "model", "harmless"));
        Exception cause = new IllegalStateException("with sk-12345678 and header-value, harmless");
        WireError error = WireError.of(new RuntimeException("sk-12345678!", cause), redaction);
        assertEquals("***!", error.message());
        assertFalse(error.stack().contains("sk-12345678"));
        assertFalse(error.stack().contains("header-value"));
        assertTrue(error.stack().contains("harmless"));
    }
}

package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault of a server becomes an error of the class that fits, which never tells the key. */
class FaultsTest {

    private RecordedServer server;

    @BeforeEach
    void start() {
        server = new RecordedServer(null);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Arguments> faults() {
        return Stream.of(Asking.values())
                .flatMap(
                        provider ->
                                Stream.of(
                                        fault(provider, error(401), ModelRequestException.class,
                                                "status 401"),
                                        fault(provider, error(403), ModelRequestException.class,
                                                "status 403"),
                                        fault(provider, error(404), ModelRequestException.class,
                                                "status 404"),
                                        fault(provider, error(429),
                                                ModelUnavailableException.class, "status 429"),
                                        fault(provider, error(500),
                                                ModelUnavailableException.class, "status 500"),
                                        fault(provider, Answer.text(502,
                                                "<html>Bad gateway " + Asking.KEY),
                                                ModelUnavailableException.class,
                                                "<html>Bad gateway ***"),
                                        fault(provider, Answer.status(422, Map.of("detail",
                                                "not so")),
                                                ModelRequestException.class, "not so"),
                                        fault(provider, error(408), ModelTimeoutException.class,
                                                "status 408"),
                                        fault(provider, Answer.of(Answer.Kind.SILENCE),
                                                ModelTimeoutException.class,
                                                "no answer within 0.3 s"),
                                        fault(provider, Answer.of(Answer.Kind.RESET),
                                                ModelUnavailableException.class,
                                                "the connection failed"),
                                        fault(provider, Answer.of(Answer.Kind.HALF),
                                                ModelUnavailableException.class,
                                                "the connection failed"),
                                        fault(provider, Answer.text(200, "{\"bad\": "),
                                                ModelOutputException.class,
                                                "cannot read the answer"),
                                        fault(provider, Answer.text(200, "<html>Welcome"),
                                                ModelOutputException.class, "<html>Welcome"),
                                        fault(provider, Answer.json(Map.of("no", "answer")),
                                                ModelOutputException.class,
                                                "cannot read the answer"),
                                        fault(provider, Answer.text(200, ""),
                                                ModelOutputException.class,
                                                "cannot read the answer"),
                                        fault(provider, Answer.status(302,
                                                Map.of()).with("Location", "/other"),
                                                ModelRequestException.class, "status 302")));
    }

    private static Arguments fault(
            Asking provider, Answer answer, Class<? extends ModelException> type, String text) {
        return Arguments.of(provider, answer, type, text);
    }

    private static Answer error(int status) {
        return Answer.status(
                        status,
                        Map.of("error", Map.of("message", "no, " + Asking.KEY, "type", "an_error")))
                .with("x-request-id", "req_42");
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultIsToldWithoutTheKey(
            Asking provider, Answer answer, Class<? extends ModelException> type, String text) {
        server.always(answer);
        // Only silence is to time out, however slow the machine is.
        double timeout = answer.kind() == Answer.Kind.SILENCE ? 0.3 : 15;
        ModelException error = assertThrows(ModelException.class, () -> ask(provider, timeout));
        assertEquals(type, error.getClass(), error.getMessage());
        String message = error.getMessage();
        assertTrue(message.contains(text), message);
        assertTrue(message.contains(server.url()), message);
        assertTrue(message.contains("model '"), message);
        assertFalse(message.contains(Asking.KEY), message);
        assertNull(error.getCause());
        if (answer.headers().containsKey("x-request-id")) {
            assertTrue(message.contains("request id req_42"), message);
        }
        assertEquals(1, server.requests().size(), "nothing is repeated without max_retries");
    }

    private ChatMessage ask(Asking provider, double timeout) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        arguments.put(provider == Asking.OLLAMA ? "requestTimeout" : "timeout", timeout);
        if (provider == Asking.OLLAMA) {
            String withKey = server.url().replace("//", "//user:" + Asking.KEY + "@");
            arguments.put("endpoint", withKey);
        }
        return provider.ask(server.url(), arguments, Map.of(), Asking.HELLO);
    }

    @ParameterizedTest
    @EnumSource(value = Asking.class, names = "OLLAMA", mode = EnumSource.Mode.EXCLUDE)
    void aFailedRequestIsRepeatedAsOftenAsMaxRetriesSays(Asking provider) {
        server.always(Answer.json(provider.answer));
        server.script(soon(500), soon(429));
        ChatMessage answer =
                provider.ask(server.url(), Map.of("max_retries", 2), Map.of(), Asking.HELLO);
        assertEquals("Hello.", answer.getContent());
        assertEquals(3, server.requests().size());

        server.always(soon(503));
        ModelException error =
                assertThrows(
                        ModelUnavailableException.class,
                        () ->
                                provider.ask(
                                        server.url(),
                                        Map.of("maxRetries", 1),
                                        Map.of(),
                                        Asking.HELLO));
        assertTrue(error.getMessage().contains("after 2 attempts"), error.getMessage());
        assertEquals(5, server.requests().size());
    }

    private static Answer soon(int status) {
        return error(status).with("retry-after-ms", "1");
    }

    @ParameterizedTest
    @EnumSource(value = Asking.class, names = "OLLAMA", mode = EnumSource.Mode.EXCLUDE)
    void theDefaultIsTwoRepetitions(Asking provider) {
        server.always(soon(500));
        assertThrows(ModelUnavailableException.class, () -> askWithDefaults(provider));
        assertEquals(3, server.requests().size());
    }

    private void askWithDefaults(Asking provider) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        arguments.put("api_key", Asking.KEY);
        switch (provider) {
            case OPENAI -> arguments.put("api_base_url", server.url() + "/v1");
            case ANTHROPIC -> arguments.put("api_base_url", server.url());
            default -> arguments.put("endpoint", server.url());
        }
        var connected = provider.exactConnection(arguments);
        try {
            provider.setup(connected, Map.of()).chat(Asking.HELLO);
        } finally {
            Asking.close(connected);
        }
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aServerThatIsNotThereIsUnavailable(Asking provider) {
        String nowhere = "http://127.0.0.1:" + freePort();
        ModelException error =
                assertThrows(
                        ModelUnavailableException.class,
                        () -> provider.ask(nowhere, Map.of(), Map.of(), Asking.HELLO));
        assertTrue(error.getMessage().contains("ConnectException"), error.getMessage());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aRequestThatCannotBeMadeIsARequestError(Asking provider) {
        if (provider != Asking.OLLAMA) {
            ModelException error =
                    assertThrows(
                            ModelRequestException.class,
                            () ->
                                    provider.ask(
                                            server.url(),
                                            Map.of(),
                                            Map.of(),
                                            java.util.List.of(ChatMessage.tool("result"))));
            assertTrue(error.getMessage().contains("external_id"), error.getMessage());
        }
        assertTrue(server.requests().isEmpty());
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void aCancelledCallEndsAndTheConnectionStaysOfUse(Asking provider) throws Exception {
        server.always(Answer.json(provider.answer));
        server.script(Answer.of(Answer.Kind.SILENCE));
        var connected = provider.connection(server.url(), Map.of());
        try {
            var setup = provider.setup(connected, Map.of());
            CompletableFuture<ChatMessage> call =
                    connected.chatAsync(
                            Asking.HELLO, java.util.List.of(), setup.getParameters(),
                                                Runnable::run);
            server.awaitRequests(1);
            call.cancel(true);
            assertThrows(CancellationException.class, call::join);
            connected.chat(Asking.HELLO, java.util.List.of(), setup.getParameters());
        } finally {
            Asking.close(connected);
        }
    }

    @ParameterizedTest
    @EnumSource(Asking.class)
    void closingEndsTheCallsInFlight(Asking provider) throws Exception {
        server.always(Answer.of(Answer.Kind.SILENCE));
        var connected = provider.connection(server.url(), Map.of());
        var setup = provider.setup(connected, Map.of());
        CompletableFuture<ChatMessage> call =
                connected.chatAsync(
                        Asking.HELLO, java.util.List.of(), setup.getParameters(), Runnable::run);
        server.awaitRequests(1);
        Asking.close(connected);
        var failed =
                assertThrows(java.util.concurrent.CompletionException.class, call::join);
        assertEquals(ModelUnavailableException.class, failed.getCause().getClass());
    }
}

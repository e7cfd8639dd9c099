package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls wait together, and no thread waits with each of them. */
class ManyCallsTest {

    private static final int CALLS = 1000;
    private static final Map<Asking, Map<String, Object>> PATIENT =
            Map.of(
                    Asking.OPENAI, Map.of("timeout", 50),
                    Asking.ANTHROPIC, Map.of("timeout", 50),
                    Asking.AZURE, Map.of("timeout", 50),
                    Asking.OLLAMA, Map.of("requestTimeout", 50));

    @ParameterizedTest
    @EnumSource(Asking.class)
    @Timeout(60)
    void aThousandCallsAreInFlightOnFewThreads(Asking provider) throws Exception {
        RecordedServer server = new RecordedServer(Answer.json(provider.answer).after(200));
        server.holdUntil(CALLS);
        var connected = provider.connection(server.url(), PATIENT.get(provider));
        try {
            Map<String, Object> parameters =
                    provider.setup(connected, Map.of("model", "m")).getParameters();
            List<CompletableFuture<ChatMessage>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                calls.add(
                        connected.chatAsync(Asking.HELLO, List.of(), parameters, Runnable::run));
            }
            server.awaitRequests(CALLS);
            int threads = Thread.activeCount();
            for (CompletableFuture<ChatMessage> call : calls) {
                assertEquals("Hello.", call.join().getContent());
            }
            assertEquals(CALLS, server.mostOpen());
            // Some belong to the SDKs, which start a short one for a request on a small machine.
            assertTrue(threads < CALLS / 4, threads + " threads");
        } finally {
            Asking.close(connected);
            server.close();
        }
    }
}

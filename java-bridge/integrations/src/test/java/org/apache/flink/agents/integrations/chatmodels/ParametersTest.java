package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every documented parameter takes effect on the wire, in both spellings, with its default. */
class ParametersTest {

    private RecordedServer server;

    /** A documented parameter: what it is without, what it is given, what is then seen. */
    record Documented(
            Asking provider,
            boolean ofSetup,
            String name,
            Object usual,
            Object given,
            Object seen,
            Function<RecordedRequest, Object> where) {

        @Override
        public String toString() {
            return provider + " " + name + " (default " + usual + ")";
        }
    }

    @BeforeEach
    void start() {
        server = new RecordedServer(null);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Documented> documented() {
        return Stream.of(
                // OpenAI, connection
                header(Asking.OPENAI, "api_key", "authorization", "sk-other-key",
                        "Bearer sk-other-key"),
                of(Asking.OPENAI, false, "default_headers", null, Map.of("x-team", "blue"), "blue",
                        request -> request.header("x-team")),
                of(Asking.OPENAI, false, "model", "gpt-3.5-turbo", "gpt-4.1", "gpt-4.1",
                        body("model")),
                // OpenAI, setup
                body(Asking.OPENAI, "model", "gpt-3.5-turbo", "gpt-4", "gpt-4"),
                body(Asking.OPENAI, "temperature", 0.1, 0.7, 0.7),
                body(Asking.OPENAI, "max_tokens", null, 1000, 1000),
                body(Asking.OPENAI, "logprobs", null, true, true),
                body(Asking.OPENAI, "top_logprobs", null, 3, 3),
                body(Asking.OPENAI, "reasoning_effort", null, "low", "low"),
                of(Asking.OPENAI, true, "strict", null, true, true, path("tools", 0, "function",
                        "strict")),
                of(Asking.OPENAI, true, "additional_kwargs", null, Map.of("seed", 7), 7,
                        body("seed")),
                of(Asking.OPENAI, true, "tools", "weather", null, null, path("tools", 0,
                        "function", "name")),
                // Anthropic, connection
                header(Asking.ANTHROPIC, "api_key", "authorization", "sk-other-key",
                        "Bearer sk-other-key"),
                of(Asking.ANTHROPIC, false, "default_headers", null, Map.of("x-team", "blue"),
                        "blue",
                        request -> request.header("x-team")),
                // Anthropic, setup
                body(Asking.ANTHROPIC, "model", "claude-sonnet-4-20250514", "claude-opus-4-1",
                        "claude-opus-4-1"),
                body(Asking.ANTHROPIC, "max_tokens", 1024, 2048L, 2048),
                body(Asking.ANTHROPIC, "temperature", 0.1, 0.7d, 0.7),
                of(Asking.ANTHROPIC, true, "strict_tools", null, true, true, path("tools", 0,
                        "strict")),
                of(Asking.ANTHROPIC, true, "additional_kwargs", null, Map.of("top_k", 5), 5,
                        body("top_k")),
                of(Asking.ANTHROPIC, true, "additional_kwargs", null, Map.of("top_p", 0.5), 0.5,
                        body("top_p")),
                of(Asking.ANTHROPIC, true, "additional_kwargs", null, Map.of("stop_sequences",
                        List.of("x")),
                        List.of("x"), body("stop_sequences")),
                of(Asking.ANTHROPIC, true, "tools", "weather", null, null, path("tools", 0,
                        "name")),
                // Azure AI
                header(Asking.AZURE, "apiKey", "api-key", "sk-other-key", "sk-other-key"),
                of(Asking.AZURE, false, "default_headers", null, Map.of("x-team", "blue"), "blue",
                        request -> request.header("x-team")),
                of(Asking.AZURE, false, "api_version", null, "2024-10-21", "api-version=2024-10-21",
                        RecordedRequest::query),
                body(Asking.AZURE, "model", "gpt-4o", "gpt-4", "gpt-4"),
                body(Asking.AZURE, "temperature", null, 0.7, 0.7),
                body(Asking.AZURE, "max_tokens", null, 1000, 1000),
                of(Asking.AZURE, true, "additional_kwargs", null, Map.of("safe_mode", 1), 1,
                        body("safe_mode")),
                of(Asking.AZURE, true, "tools", "weather", null, null, path("tools", 0, "function",
                        "name")),
                // Ollama
                body(Asking.OLLAMA, "model", "qwen3:8b", "llama3:8b", "llama3:8b"),
                of(Asking.OLLAMA, true, "temperature", 0.75, 0.5, 0.5, path("options",
                        "temperature")),
                of(Asking.OLLAMA, true, "num_ctx", 2048, 4096, 4096, path("options", "num_ctx")),
                body(Asking.OLLAMA, "keep_alive", "5m", "10m", "10m"),
                body(Asking.OLLAMA, "keep_alive", "5m", 30, 30),
                body(Asking.OLLAMA, "think", true, false, false),
                body(Asking.OLLAMA, "think", true, "low", "low"),
                of(Asking.OLLAMA, true, "additional_kwargs", null, Map.of("seed", 7), 7,
                        path("options", "seed")),
                of(Asking.OLLAMA, true, "additional_kwargs", null, Map.of("format", "json"),
                        "json", body("format")),
                of(Asking.OLLAMA, true, "tools", "weather", null, null, path("tools", 0,
                        "function", "name")));
    }

    @ParameterizedTest
    @MethodSource("documented")
    void aParameterHasItsDefault(Documented parameter) {
        assertEquals(parameter.usual(), seen(parameter, null));
    }

    @ParameterizedTest
    @MethodSource("documented")
    void aParameterTakesEffectInSnakeCase(Documented parameter) {
        if (parameter.given() != null) {
            assertEquals(parameter.seen(), seen(parameter, snakeCase(parameter.name())));
        }
    }

    @ParameterizedTest
    @MethodSource("documented")
    void aParameterTakesEffectInCamelCase(Documented parameter) {
        if (parameter.given() != null) {
            assertEquals(parameter.seen(), seen(parameter, camelCase(parameter.name())));
        }
    }

    private Object seen(Documented parameter, String name) {
        Map<String, Object> arguments =
                name == null ? Map.of() : Map.of(name, parameter.given());
        server.always(Answer.json(parameter.provider().answer));
        parameter
                .provider()
                .ask(
                        server.url(),
                        parameter.ofSetup() ? Map.of() : arguments,
                        parameter.ofSetup() ? arguments : Map.of(),
                        Asking.HELLO,
                        Asking.weather());
        return parameter.where().apply(server.last());
    }

    private static Documented of(
            Asking provider,
            boolean ofSetup,
            String name,
            Object usual,
            Object given,
            Object seen,
            Function<RecordedRequest, Object> where) {
        return new Documented(provider, ofSetup, name, usual, given, seen, where);
    }

    private static Documented body(
            Asking provider, String name, Object usual, Object given, Object seen) {
        return of(provider, true, name, usual, given, seen, body(name));
    }

    private static Documented header(
            Asking provider, String name, String header, String given, String seen) {
        String usual = seen.replace(given, Asking.KEY);
        return of(provider, false, name, usual, given, seen, request -> request.header(header));
    }

    private static Function<RecordedRequest, Object> body(String name) {
        return request -> request.body().get(name);
    }

    private static Function<RecordedRequest, Object> path(Object... steps) {
        return request -> {
            Object value = request.body();
            for (Object step : steps) {
                value =
                        step instanceof Integer index
                                ? Json.list(value).get(index)
                                : Json.objectOrEmpty(value).get(step);
            }
            return value;
        };
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static String camelCase(String name) {
        StringBuilder camel = new StringBuilder();
        for (String word : snakeCase(name).split("_")) {
            camel.append(
                    camel.isEmpty()
                            ? word
                            : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return camel.toString();
    }
}

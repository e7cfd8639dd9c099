package org.apache.flink.agents.integrations.chatmodels.ollama;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.Provider;

/** A call of a model of Ollama, for the errors it may end with. */
final class OllamaCall extends ModelCall {

    private static final Provider PROVIDER =
            new Provider(
                    "Ollama",
                    "an Ollama server",
                    "endpoint, which is the server's root without /api or /v1",
                    "the environment variable OLLAMA_API_KEY and the user and password in endpoint",
                    "requestTimeout",
                    null,
                    Set.of());

    /** What the server says, with the status 500, about requests that can never succeed. */
    private static final List<String> FAULTS_OF_REQUESTS =
            List.of("invalid JSON schema in format", "must be of type");

    /** The model cannot think, and was asked to. */
    static final class ThinkingNotSupportedException extends ModelRequestException {
        private static final long serialVersionUID = 1L;

        ThinkingNotSupportedException(String message) {
            super(message);
        }
    }

    private final String model;

    OllamaCall(String model, String baseUrl, Duration timeout, List<String> secrets) {
        super(PROVIDER, model, baseUrl, timeout, secrets);
        this.model = model;
    }

    @Override
    protected ModelUnavailableException connectionError(Throwable cause, int attempts) {
        String failure = super.connectionError(cause, attempts).getMessage();
        return new ModelUnavailableException(failure + " To start it: ollama serve");
    }

    @Override
    public ModelException statusError(int status, Object body, String requestId, int attempts) {
        ModelException failure = super.statusError(status, body, requestId, attempts);
        String said = said(body);
        if (status == 400 && said.contains("does not support thinking")) {
            return new ThinkingNotSupportedException(failure.getMessage());
        }
        if (status == 500 && FAULTS_OF_REQUESTS.stream().anyMatch(said::contains)) {
            return new ModelRequestException(failure.getMessage());
        }
        return failure;
    }

    @Override
    protected String unavailableAdvice(int status, Map<String, Object> details) {
        if (status == 503 && said(details).contains("maximum pending requests")) {
            return "Lower max-in-flight, or raise OLLAMA_MAX_QUEUE (default 512) in the server's "
                    + "environment.";
        }
        if (FAULTS_OF_REQUESTS.stream().anyMatch(said(details)::contains)) {
            return requestAdvice(status, details);
        }
        return super.unavailableAdvice(status, details);
    }

    @Override
    protected String requestAdvice(int status, Map<String, Object> details) {
        String said = said(details);
        if (status == 404 && said.contains("not found") && !said.contains("page")) {
            return "Check the name of the model. To download it: ollama pull " + model;
        }
        if (said.contains("does not support thinking")) {
            return "Set think to false in the chat model setup, or leave it at its default.";
        }
        if (said.contains("think value")) {
            return "Set think to true: only a few models know levels of thinking.";
        }
        if (said.contains("does not support tools")) {
            return "Remove the tools from the chat model setup, or choose a model that knows tools.";
        }
        return super.requestAdvice(status, details);
    }
}

package org.apache.flink.agents.integrations.chatmodels;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;

/**
 * One call of a chat model, as its errors tell it: who, where, what happened, what to check.
 * Internal.
 *
 * <p>No error of an SDK is chained to them: those hold the request with its headers.
 */
public class ModelCall {

    private static final int SHOWN_CHARS = 500;
    /** Shorter ones would hit ordinary words, and protect nothing. */
    private static final int SECRET_CHARS = 6;

    private final Provider provider;
    private final String model;
    private final String baseUrl;
    private final Duration timeout;
    private final List<String> secrets;

    /**
     * Creates a call.
     *
     * @param provider who is asked
     * @param model name of the model
     * @param baseUrl of the server; credentials and query in it are not shown
     * @param timeout what the call has for each attempt
     * @param secrets texts that must not be in an error
     */
    public ModelCall(
            Provider provider,
            String model,
            String baseUrl,
            Duration timeout,
            List<String> secrets) {
        this.provider = provider;
        this.model = model;
        this.baseUrl = baseUrl;
        this.timeout = timeout;
        this.secrets = secrets;
    }

    /** The request cannot be made. */
    public ModelRequestException unmade(IllegalArgumentException error) {
        return requestError("the request cannot be made: " + error.getMessage(), "");
    }

    private ModelRequestException requestError(String problem, String advice) {
        return new ModelRequestException(text(problem, advice));
    }

    /**
     * The answer cannot be read.
     *
     * @param problem what is wrong with it
     * @param body the answer
     */
    public ModelOutputException outputError(String problem, String body) {
        String shown = shown(body);
        String advice =
                "Check that " + provider.urlArgument() + " leads to " + provider.server() + ".";
        return new ModelOutputException(
                text(
                        "cannot read the answer: "
                                + problem
                                + ": "
                                + (shown.isEmpty() ? "nothing" : shown),
                        advice));
    }

    /**
     * There is no answer.
     *
     * @param error why
     * @param attempts how often it was tried
     */
    public ModelException failure(Throwable error, int attempts) {
        Throwable cause = error;
        while (true) {
            if (cause instanceof HttpTimeoutException) {
                return timeoutError(attempts);
            }
            if (cause instanceof IllegalArgumentException) {
                return requestError(
                        "the request could not be sent: " + described(cause),
                        "Check the messages, the headers and " + provider.urlArgument() + ".");
            }
            if (cause.getCause() == null || cause instanceof IOException) {
                return connectionError(cause, attempts);
            }
            cause = cause.getCause();
        }
    }

    private ModelTimeoutException timeoutError(int attempts) {
        String seconds = String.valueOf(timeout.toMillis() / 1000.0).replaceAll("\\.0$", "");
        return new ModelTimeoutException(
                text(
                        "no answer within " + seconds + " s" + after(attempts),
                        "Raise " + provider.timeout() + ", or check the server's load."));
    }

    /** The server was not reached, or the connection broke. */
    protected ModelUnavailableException connectionError(Throwable cause, int attempts) {
        String what =
                cause instanceof CancellationException ? "it was cancelled" : described(cause);
        return new ModelUnavailableException(
                text(
                        "the connection failed" + after(attempts) + ": " + what,
                        "Check that the server runs and that "
                                + provider.urlArgument()
                                + " is right."));
    }

    /** An error that came in place of an answer with the status 200, as gateways do. */
    public ModelException reportedError(Object report) {
        Object code = Json.objectOrEmpty(report).get("code");
        int status =
                code instanceof Integer number && number >= 400 && number < 600 ? number : 500;
        return statusError(status, report, null, 1);
    }

    /**
     * The server answered with an error.
     *
     * @param status the HTTP status
     * @param body the error as JSON value, or a text
     * @param requestId the server's name for the request, or null
     * @param attempts how often it was tried
     */
    public ModelException statusError(int status, Object body, String requestId, int attempts) {
        String problem =
                "status "
                        + status
                        + (requestId == null ? "" : ", request id " + requestId)
                        + after(attempts);
        String said = shown(said(body));
        if (!said.isEmpty()) {
            problem += ": " + said;
        }
        Map<String, Object> details = details(body);
        if (status == 408) {
            return new ModelTimeoutException(text(problem, "Check the server's load."));
        }
        if (status == 429 || status >= 500) {
            return new ModelUnavailableException(
                    text(problem, unavailableAdvice(status, details)));
        }
        return requestError(problem, requestAdvice(status, details));
    }

    /** What to do about a server that is overloaded, limits the rate, or fails. */
    protected String unavailableAdvice(int status, Map<String, Object> details) {
        if (status >= 500) {
            return "Check the server's state and its log.";
        }
        if ("insufficient_quota".equals(details.get("code"))) {
            return "The account's quota is used up: check its billing.";
        }
        String raise = provider.retries() == null ? "" : "Raise " + provider.retries() + ", or ";
        return raise
                + (raise.isEmpty() ? "Lower" : "lower")
                + " max-in-flight to keep to the server's rate limit.";
    }

    /** What to do about a request that was refused. */
    protected String requestAdvice(int status, Map<String, Object> details) {
        if (status == 401 && provider.key() != null) {
            return "Check " + provider.key() + ", and that it belongs to this server.";
        }
        if (status == 403) {
            return "Check what the key is allowed to use.";
        }
        if (status == 404) {
            return "Check the name of the model, and " + provider.url() + ".";
        }
        if (details.get("param") instanceof String parameter
                && provider.optional().contains(parameter)) {
            return "To leave it out, put \"" + parameter + "\" with null into additional_kwargs.";
        }
        return "Check the arguments of the chat model setup and its additional_kwargs.";
    }

    private String shown(String given) {
        String text = withoutSecrets(given.strip().replaceAll("\\s+", " "));
        return text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "...";
    }

    private String text(String problem, String advice) {
        String called = provider.name() + " model '" + model + "' at " + server();
        String end = problem.endsWith(".") ? problem : problem + ".";
        return withoutSecrets((called + ": " + end + " " + advice).strip());
    }

    private String server() {
        try {
            URI url = URI.create(baseUrl);
            String authority = url.getRawAuthority();
            return url.getScheme()
                    + "://"
                    + authority.substring(authority.lastIndexOf('@') + 1)
                    + url.getRawPath();
        } catch (IllegalArgumentException | NullPointerException e) {
            return "an address that is no URL";
        }
    }

    private String withoutSecrets(String text) {
        String shown = text;
        for (String secret : secrets) {
            if (secret != null && secret.length() >= SECRET_CHARS) {
                shown = shown.replace(secret, "***");
            }
        }
        return shown;
    }

    private static String described(Throwable error) {
        String name = error.getClass().getSimpleName();
        return error.getMessage() == null ? name : name + ": " + error.getMessage();
    }

    private static String after(int attempts) {
        return attempts > 1 ? " after " + attempts + " attempts" : "";
    }

    /** The object that describes an error: itself, or what it has as {@code error}. */
    private static Map<String, Object> details(Object body) {
        Map<String, Object> given = Json.objectOrEmpty(body);
        Map<String, Object> inner = Json.object(given.get("error"));
        return inner == null ? given : inner;
    }

    /** What the server said, of the forms that servers have for it. */
    protected static String said(Object body) {
        Map<String, Object> details = Json.object(body);
        if (details == null) {
            return body == null ? "" : String.valueOf(body);
        }
        for (String key : List.of("message", "error", "detail")) {
            Object said = details.get(key);
            if (!Json.isSet(said)) {
                continue;
            }
            if (said instanceof Map<?, ?> inner && inner.get("message") instanceof String text) {
                return text;
            }
            return said instanceof String text ? text : Json.write(said);
        }
        return Json.write(details);
    }
}

package org.apache.flink.agents.bridge.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;

/**
 * An error as it crosses the bridge.
 *
 * @param kind {@code timeout}, {@code unavailable}, {@code request}, {@code output} or {@code other}
 * @param clazz full name of its class
 * @param message its message
 * @param stack its stack, for the reader; may be empty
 */
public record WireError(String kind, String clazz, String message, String stack) {

    private static final int STACK_CHARS = 20_000;

    /** An error of this side, without the secrets. */
    public static WireError of(Throwable error, Redaction redaction) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        StringWriter stack = new StringWriter();
        cause.printStackTrace(new PrintWriter(stack, true));
        String shown = redaction.apply(stack.toString());
        return new WireError(
                kindOf(cause),
                cause.getClass().getName(),
                redaction.apply(String.valueOf(cause.getMessage())),
                shown.length() > STACK_CHARS ? shown.substring(0, STACK_CHARS) : shown);
    }

    /** Reads an error of either language. */
    public static WireError read(JsonNode written) {
        return new WireError(
                written.path("kind").asText("other"),
                written.path("class").asText(""),
                written.path("message").asText(""),
                written.path("stack").asText(""));
    }

    /** Writes the error. */
    public ObjectNode write() {
        return Json.object()
                .put("kind", kind)
                .put("class", clazz)
                .put("message", message)
                .put("stack", stack);
    }

    /**
     * The error of the other side as one of this language; its stack is the message of the cause.
     *
     * @param who what the message begins with
     * @param redaction of the resource
     */
    public ModelException toException(String who, Redaction redaction) {
        String told = who + redaction.apply(clazz + ": " + message);
        Throwable cause =
                stack.isEmpty() ? null : new ForeignStack(redaction.apply(stack.stripTrailing()));
        return switch (kind) {
            case "timeout" -> new ModelTimeoutException(told, cause);
            case "unavailable" -> new ModelUnavailableException(told, cause);
            case "request" -> new ModelRequestException(told, cause);
            case "output" -> new ModelOutputException(told, cause);
            default -> new ModelException(told, cause);
        };
    }

    private static String kindOf(Throwable error) {
        if (error instanceof ModelTimeoutException
                || error instanceof TimeoutException
                || error instanceof HttpTimeoutException
                || error instanceof SocketTimeoutException) {
            return "timeout";
        }
        if (error instanceof ModelUnavailableException
                || error instanceof ConnectException
                || error instanceof SocketException) {
            return "unavailable";
        }
        if (error instanceof ModelRequestException) {
            return "request";
        }
        return error instanceof ModelOutputException ? "output" : "other";
    }

    /** Where it happened in the other language. */
    private static final class ForeignStack extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ForeignStack(String stack) {
            super("On the other side of the bridge:\n" + stack, null, false, false);
        }
    }
}

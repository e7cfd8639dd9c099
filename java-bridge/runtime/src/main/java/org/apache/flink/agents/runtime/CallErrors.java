package org.apache.flink.agents.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.flink.agents.api.exceptions.AgentsException;

/** Errors of durable calls as JSON and back, by class name and text. */
final class CallErrors {
    private static final List<String> REBUILT =
            List.of(
                    AgentsException.class.getPackageName() + ".",
                    "java.lang.",
                    "java.io.",
                    "java.util.",
                    "java.net.");

    private CallErrors() {}

    static JsonNode dump(Throwable error) {
        return JsonNodeFactory.instance
                .arrayNode()
                .add(error.getClass().getName())
                .add(error.getMessage());
    }

    /** An exception of the same class where that is Java's or the library's own. */
    static Exception load(JsonNode body) {
        String name = body.get(0).textValue();
        String text = body.get(1).textValue();
        if (REBUILT.stream().anyMatch(name::startsWith)) {
            try {
                Class<?> type = Class.forName(name, false, CallErrors.class.getClassLoader());
                if (Exception.class.isAssignableFrom(type)) {
                    return (Exception) type.getConstructor(String.class).newInstance(text);
                }
            } catch (ReflectiveOperationException | LinkageError error) {
                // Told by name below.
            }
        }
        return new RecordedCallException(name, text);
    }

    /** What a future failed with, without the wrappers of futures. */
    static Throwable cause(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}

package org.apache.flink.agents.runtime;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.runtime.engine.Effect;
import org.apache.flink.agents.runtime.state.StateCodec;

/**
 * What is kept of an event whose action failed for good, in plain values for people and tools.
 *
 * @param key the key, as text
 * @param action the action that failed
 * @param event name of the event's class
 * @param input the run's input element, as text
 * @param error class and text of the error
 * @param attempts how often it was tried
 */
public record DeadLetter(
        String key, String action, String event, String input, String error, int attempts) {
    private static final int MAX_TEXT = 10_000;

    static DeadLetter of(Object key, Effect.SendDeadLetter effect, StateCodec codec) {
        String error = effect.error().getClass().getSimpleName() + ": " + effect.error().getMessage();
        return new DeadLetter(
                String.valueOf(key),
                effect.action(),
                effect.event().getClass().getSimpleName(),
                text(effect.input(), codec),
                error.substring(0, Math.min(MAX_TEXT, error.length())),
                effect.attempts());
    }

    /** The letter as one line of JSON. */
    public String toJson() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("key", key).put("action", action).put("event", event).put("input", input);
        node.put("error", error).put("attempts", attempts);
        return StateCodec.text(node);
    }

    private static String text(Object value, StateCodec codec) {
        if (value instanceof String text) {
            return text;
        }
        try {
            return codec.dumps(value);
        } catch (NotStorableException error) {
            return String.valueOf(value);
        }
    }
}

package org.apache.flink.agents.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.agents.runtime.engine.Effect;
import org.apache.flink.agents.runtime.engine.Input;
import org.apache.flink.agents.runtime.state.StateCodec;

/** A waiting element as text: its event time, then its value. */
final class WaitingText {
    private WaitingText() {}

    static String write(Effect.PutWaiting waiting, StateCodec codec) {
        ArrayNode body = JsonNodeFactory.instance.arrayNode().add(waiting.timestamp());
        return StateCodec.text(body.add(codec.toJson(waiting.value())));
    }

    static Input.WaitingTaken read(String text, StateCodec codec) {
        JsonNode body = StateCodec.parse(text);
        return new Input.WaitingTaken(codec.fromJson(body.get(1)), timestamp(body));
    }

    /** The event time alone, in milliseconds, or null. */
    static Long timestamp(String text) {
        return timestamp(StateCodec.parse(text));
    }

    private static Long timestamp(JsonNode body) {
        return body.get(0).isNull() ? null : body.get(0).longValue();
    }
}

package org.apache.flink.agents.runtime.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.StateFormatException;
import org.apache.flink.agents.runtime.state.StateCodec;

/** The state of a key as JSON text with a version. Only open work is in it. */
public final class StateText {
    /** Version of the text form. Raised when older code could not read what newer code writes. */
    public static final int VERSION = 1;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private StateText() {}

    /**
     * The state as text.
     *
     * @throws NotStorableException if an event or value in it cannot be kept in state
     */
    public static String dump(KeyState state, StateCodec codec) {
        ObjectNode body = JSON.objectNode();
        body.put("v", VERSION);
        body.putArray("q").add(state.firstWaiting).add(state.nextWaiting);
        if (state.run != null) {
            body.set("run", dumpRun(state.run, codec));
        }
        return StateCodec.text(body);
    }

    /**
     * The state of a text.
     *
     * @throws StateFormatException if it is damaged or of another version
     */
    public static KeyState load(String text, StateCodec codec) {
        JsonNode body = StateCodec.parse(text);
        int version = body.path("v").asInt(-1);
        if (version != VERSION) {
            throw new StateFormatException(
                    String.format(
                            "The state of a key has format version %s, this is version %d. Restore"
                                    + " it with the version of flink-agents that wrote it.",
                            body.path("v"), VERSION));
        }
        try {
            KeyState state = new KeyState();
            state.firstWaiting = body.get("q").get(0).longValue();
            state.nextWaiting = body.get("q").get(1).longValue();
            if (body.has("run")) {
                state.run = loadRun(body.get("run"), codec);
            }
            return state;
        } catch (NullPointerException | ClassCastException error) {
            String start = text.substring(0, Math.min(200, text.length()));
            throw new StateFormatException(
                    "The state of a key cannot be read: '" + start + "'.", error);
        }
    }

    private static ObjectNode dumpRun(Run run, StateCodec codec) {
        ObjectNode body = JSON.objectNode();
        body.set("value", codec.toJson(run.value));
        body.put("ts", run.timestamp);
        body.put("next", run.nextTask);
        ObjectNode sensory = body.putObject("sensory");
        run.sensory.forEach(sensory::put);
        ArrayNode tasks = body.putArray("tasks");
        run.tasks.values().forEach(task -> tasks.add(dumpTask(task, codec)));
        return body;
    }

    private static ObjectNode dumpTask(Task task, StateCodec codec) {
        ObjectNode body = JSON.objectNode();
        body.put("id", task.id);
        body.put("action", task.action);
        body.set("event", codec.toJson(task.event));
        body.put("attempt", task.attempt);
        body.put("delay", task.retryDelay);
        body.put("started", task.started);
        ArrayNode journal = body.putArray("journal");
        for (JournalEntry entry : task.journal) {
            ArrayNode fields = journal.addArray();
            fields.add(entry.call()).add(entry.digest()).add(entry.attempt()).add(entry.ok());
            fields.add(entry.value());
        }
        return body;
    }

    private static Run loadRun(JsonNode body, StateCodec codec) {
        JsonNode timestamp = body.get("ts");
        Run run =
                new Run(
                        codec.fromJson(body.get("value")),
                        timestamp.isNull() ? null : timestamp.longValue(),
                        0);
        run.nextTask = body.get("next").intValue();
        Map<String, String> sensory = new HashMap<>();
        body.get("sensory")
                .properties()
                .forEach(node -> sensory.put(node.getKey(), node.getValue().textValue()));
        run.sensory = sensory;
        for (JsonNode task : body.get("tasks")) {
            Task loaded = loadTask(task, codec);
            run.tasks.put(loaded.id, loaded);
        }
        return run;
    }

    private static Task loadTask(JsonNode body, StateCodec codec) {
        Event event = (Event) codec.fromJson(body.get("event"));
        Task task = new Task(body.get("id").intValue(), body.get("action").textValue(), event);
        task.attempt = body.get("attempt").intValue();
        task.retryDelay = body.get("delay").longValue();
        task.started = body.get("started").booleanValue();
        for (JsonNode entry : body.get("journal")) {
            task.journal.add(
                    new JournalEntry(
                            entry.get(0).textValue(),
                            entry.get(1).textValue(),
                            entry.get(2).intValue(),
                            entry.get(3).booleanValue(),
                            entry.get(4)));
        }
        return task;
    }
}

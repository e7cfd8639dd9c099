package org.apache.flink.agents.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.bridge.wire.Json;

/** A companion Python process and the models that are open in it. */
final class PythonCompanion {

    private record OpenModel(long number, CompletableFuture<JsonNode> opened) {}

    private final PythonCalls calls;
    private final Map<PythonModel, OpenModel> models = new HashMap<>();
    private long numbers;

    PythonCompanion(String executable) {
        calls = new PythonCalls(executable);
    }

    PythonCalls calls() {
        return calls;
    }

    /** Opens a model unless it is open. What is asked of it meanwhile waits in Python. */
    synchronized void open(PythonModel model) {
        if (!models.containsKey(model)) {
            long number = ++numbers;
            ObjectNode request =
                    model.openRequest(Resource.DEFAULT_MAX_IN_FLIGHT).put("resource", number);
            models.put(model, new OpenModel(number, calls.call(calls.nextNumber(), request)));
        }
    }

    /** Closes a model; whether none is left. */
    synchronized boolean close(PythonModel model) {
        OpenModel found = models.remove(model);
        if (found != null && calls.isUsable()) {
            ObjectNode request = Json.object().put("op", "close").put("resource", found.number);
            calls.call(calls.nextNumber(), request);
        }
        return models.isEmpty();
    }

    /** By which Python knows the model. */
    synchronized long number(PythonModel model) {
        return models.get(model).number;
    }

    /** What Python told when it opened the model. */
    synchronized CompletableFuture<JsonNode> opened(PythonModel model) {
        return models.get(model).opened;
    }
}

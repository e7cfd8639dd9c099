package org.apache.flink.agents.runtime.actions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.exceptions.ToolArgumentsException;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.api.tools.ToolParameters;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.apache.flink.agents.runtime.ActionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tool calls that a model asked for. */
final class ToolCalls {
    private static final Logger LOG = LoggerFactory.getLogger(ToolCalls.class);
    private static final int MAX_SHOWN = 200;

    private ToolCalls() {}

    /**
     * Carries out calls side by side, each kept in the journal. A call that fails does not fail the
     * action: the model is told.
     *
     * @param calls the calls, as in an assistant message
     * @param tools the tools that may be called, by name
     * @return the results in the order of the calls
     */
    static CompletableFuture<List<ToolResponse>> call(
            ActionContext context, List<Map<String, Object>> calls, Map<String, Tool> tools) {
        List<CompletableFuture<ToolResponse>> results = new ArrayList<>();
        for (int number = 0; number < calls.size(); number++) {
            String name = name(calls.get(number));
            Object arguments = function(calls.get(number)).get("arguments");
            List<Object> identity = new ArrayList<>();
            identity.add(number);
            identity.add(arguments);
            results.add(
                    context.makeCall(
                            "Tool '" + name + "'",
                            identity,
                            () ->
                                    CompletableFuture.supplyAsync(
                                            () -> call(tools, name, arguments),
                                            context.calls())));
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> results.stream().map(CompletableFuture::join).toList());
    }

    /** Name of the tool that a call asks for. */
    static String name(Map<String, Object> call) {
        Object name = function(call).get("name");
        return name == null ? "" : String.valueOf(name);
    }

    private static Map<?, ?> function(Map<String, Object> call) {
        return call.get("function") instanceof Map<?, ?> function ? function : Map.of();
    }

    private static ToolResponse call(Map<String, Tool> tools, String name, Object arguments) {
        Tool tool = tools.get(name);
        if (tool == null) {
            String known = tools.isEmpty() ? "none" : String.join(", ", tools.keySet());
            return ToolResponse.error(
                    "Error: there is no tool '" + name + "'. The tools are: " + known + ".");
        }
        if (!(arguments instanceof Map<?, ?> given)) {
            String shown = String.valueOf(arguments);
            return ToolResponse.error(
                    String.format(
                            "Error: the arguments of tool '%s' are no JSON object: '%s'. Call it"
                                    + " again with valid arguments.",
                            name, shown.substring(0, Math.min(MAX_SHOWN, shown.length()))));
        }
        Map<String, Object> parameters = new java.util.LinkedHashMap<>();
        given.forEach((key, value) -> parameters.put(String.valueOf(key), value));
        try {
            return tool.call(new ToolParameters(parameters));
        } catch (ToolArgumentsException error) {
            return ToolResponse.error("Error: " + error.getMessage());
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError error) {
            LOG.warn("Tool '{}' failed", name, error);
            return ToolResponse.error(
                    String.format(
                            "Error: tool '%s' failed with %s: %s",
                            name, error.getClass().getSimpleName(), error.getMessage()));
        }
    }
}

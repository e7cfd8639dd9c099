package org.apache.flink.agents.integrations.chatmodels.ollama;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.SchemaInstruction;
import org.apache.flink.agents.integrations.chatmodels.Tools;

/**
 * What goes over the wire to an Ollama server.
 *
 * @param model name of the model that is asked
 * @param body the JSON object to send
 * @param mayThink nobody said whether to think: the model does if it can
 * @param extractReasoning return reasoning apart from the answer
 */
record OllamaRequest(
        String model, Map<String, Object> body, boolean mayThink, boolean extractReasoning) {

    /** Parameters that stand beside {@code options}. All others are options of the model. */
    private static final Set<String> FIELDS =
            Set.of(
                    "model",
                    "format",
                    "keep_alive",
                    "think",
                    "truncate",
                    "shift",
                    "logprobs",
                    "top_logprobs");

    /** Names of other providers for options of Ollama, which ignores those it does not know. */
    private static final Map<String, String> OTHER_NAMES =
            Map.of("max_tokens", "num_predict", "max_completion_tokens", "num_predict");

    /**
     * Makes a request.
     *
     * @param messages the conversation, oldest first
     * @param tools that the model may ask to call
     * @param arguments fields of the request and options of the model, those that are null left out;
     *     {@code options} with further options; {@code output_schema}, {@code extract_reasoning}
     * @throws IllegalArgumentException if it cannot be made
     */
    static OllamaRequest of(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        Map<String, Object> given = new LinkedHashMap<>(arguments);
        Map<String, Object> schema = Json.object(given.remove("output_schema"));
        boolean extract = !Boolean.FALSE.equals(given.remove("extract_reasoning"));
        boolean mayThink = !given.containsKey("think");
        Map<String, Object> rest = new LinkedHashMap<>();
        rest.put("think", true);
        rest.putAll(Json.objectOrEmpty(given.remove("options")));
        rest.putAll(given);
        check(rest);
        if (!Json.isSet(rest.get("model"))) {
            throw new IllegalArgumentException(
                    "no model is named: set model in the chat model setup");
        }
        List<ChatMessage> asked = messages;
        if (schema != null) {
            // The server would bind the model to the schema from its first token on, and it could
            // call no tool.
            if (!tools.isEmpty() || rest.containsKey("format")) {
                asked = SchemaInstruction.with(messages, schema);
            } else {
                rest.put("format", schema);
            }
        }
        rest.values().removeIf(value -> value == null);
        Map<String, Object> body = new LinkedHashMap<>();
        Map<String, Object> options = new LinkedHashMap<>();
        rest.forEach((name, value) -> (FIELDS.contains(name) ? body : options).put(name, value));
        body.put("messages", OllamaMessages.to(asked));
        if (!tools.isEmpty()) {
            List<Object> described = new ArrayList<>();
            tools.forEach(tool -> described.add(Tools.describe(tool, schemaOf(tool))));
            body.put("tools", described);
        }
        if (!options.isEmpty()) {
            body.put("options", options);
        }
        body.put("stream", false);
        return new OllamaRequest(rest.get("model").toString(), body, mayThink, extract);
    }

    /** The same for a model that cannot think. */
    OllamaRequest withoutThinking() {
        Map<String, Object> rest = new LinkedHashMap<>(body);
        rest.remove("think");
        return new OllamaRequest(model, rest, false, extractReasoning);
    }

    /**
     * Refuses parameters that cannot be set, or that Ollama knows by other names.
     *
     * @throws IllegalArgumentException if there are such
     */
    static void check(Map<String, Object> names) {
        Set<String> reserved = new TreeSet<>(Set.of("messages", "tools", "stream"));
        reserved.retainAll(names.keySet());
        if (!reserved.isEmpty()) {
            throw new IllegalArgumentException(
                    "parameters cannot set "
                            + String.join(", ", reserved)
                            + ": messages and tools are those of the request, and answers come as "
                            + "a whole");
        }
        OTHER_NAMES.forEach(
                (other, name) -> {
                    if (names.get(other) != null) {
                        throw new IllegalArgumentException(
                                "Ollama does not know " + other + ": its name there is " + name);
                    }
                });
    }

    /**
     * A tool's schema with its references spelled out: the server drops {@code $ref}, and the model
     * would see an argument without a type.
     */
    private static Map<String, Object> schemaOf(Tool tool) {
        Map<String, Object> schema = Tools.schema(tool);
        Map<String, Object> definitions = Json.objectOrEmpty(schema.remove("$defs"));
        return Json.object(spelledOut(schema, definitions, List.of()));
    }

    private static Object spelledOut(
            Object part, Map<String, Object> definitions, List<String> inside) {
        if (part instanceof List<?> list) {
            return list.stream().map(item -> spelledOut(item, definitions, inside)).toList();
        }
        Map<String, Object> node = Json.object(part);
        if (node == null) {
            return part;
        }
        String reference = Json.text(node.get("$ref"));
        String name = reference == null ? "" : reference.replaceFirst("^#/\\$defs/", "");
        if (definitions.containsKey(name)) {
            node.remove("$ref");
            if (inside.contains(name)) {
                // A type that contains itself has no end.
                node.putIfAbsent("type", "object");
                return node;
            }
            List<String> deeper = new ArrayList<>(inside);
            deeper.add(name);
            Map<String, Object> definition = Json.objectOrEmpty(definitions.get(name));
            definition.putAll(node);
            return spelledOut(definition, definitions, deeper);
        }
        node.replaceAll((key, value) -> spelledOut(value, definitions, inside));
        return node;
    }
}

package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.RequestOptions;
import org.apache.flink.agents.integrations.chatmodels.SchemaInstruction;
import org.apache.flink.agents.integrations.chatmodels.Tools;

/**
 * What goes over the wire to a server of the Messages API.
 *
 * @param model name of the model that is asked
 * @param body the JSON object to send
 * @param options headers, query and timeout of this request, as far as they are given
 * @param prefill how the answer was begun for the model; empty if it was not
 */
record AnthropicRequest(
        String model, Map<String, Object> body, RequestOptions options, String prefill) {

    private static final String VERSION_HEADER = "anthropic-version";
    /** The last version of the API that takes sampling parameters, from any model. */
    private static final String SAMPLING_VERSION = "2023-06-01";

    /**
     * Makes a request.
     *
     * @param messages the conversation, oldest first
     * @param tools that the model may ask to call
     * @param arguments parameters of the request, those that are null left out; {@code
     *     output_schema}, {@code json_prefill}, {@code strict_tools}; {@code extra_headers}, {@code
     *     extra_query}, {@code extra_body}, {@code timeout}
     * @param clientHeaders names of the headers that the client sends anyway
     * @throws IllegalArgumentException if it cannot be made
     */
    static AnthropicRequest of(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> arguments,
            Set<String> clientHeaders) {
        Map<String, Object> rest = new LinkedHashMap<>(arguments);
        rest.values().removeIf(value -> value == null);
        Map<String, Object> extraBody = Json.objectOrEmpty(rest.remove("extra_body"));
        RequestOptions options = RequestOptions.take(rest);
        Map<String, Object> schema = Json.object(rest.remove("output_schema"));
        boolean wantsPrefill = Json.isSet(rest.remove("json_prefill"));
        boolean strict = Json.isSet(rest.remove("strict_tools"));
        check(rest);
        String model = rest.get("model").toString();
        if (AnthropicModels.thinks(rest) && !isOne(rest.get("temperature"))) {
            rest.remove("temperature");
        }
        String prefill = "";
        List<ChatMessage> asked = messages;
        if (schema != null && !setFormat(rest, schema, model)) {
            asked = SchemaInstruction.with(messages, schema);
            if (wantsPrefill && tools.isEmpty() && mayPrefill(rest, schema, asked, model)) {
                prefill = "{";
                asked.add(ChatMessage.assistant(prefill));
            }
        }
        Map<String, Object> body = new LinkedHashMap<>(rest);
        addConversation(body, asked);
        if (!tools.isEmpty()) {
            List<Object> described = new ArrayList<>();
            tools.forEach(tool -> described.add(tool(tool, strict)));
            body.put("tools", described);
        }
        body.putAll(extraBody);
        Map<String, String> headers = options.headers();
        if (AnthropicModels.SAMPLING.stream().anyMatch(body::containsKey)
                && !names(headers, clientHeaders).contains(VERSION_HEADER)) {
            headers.put(VERSION_HEADER, SAMPLING_VERSION);
        }
        return new AnthropicRequest(model, body, options, prefill);
    }

    private static Set<String> names(Map<String, String> headers, Set<String> clientHeaders) {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(headers.keySet());
        names.addAll(clientHeaders);
        return names;
    }

    private static boolean isOne(Object number) {
        return number instanceof Number given && given.doubleValue() == 1;
    }

    private static void check(Map<String, Object> arguments) {
        if (!Json.isSet(arguments.get("model"))) {
            throw new IllegalArgumentException(
                    "no model is named: set model in the chat model setup");
        }
        if (!arguments.containsKey("max_tokens")) {
            throw new IllegalArgumentException(
                    "max_tokens is missing, without which Anthropic takes no request");
        }
        if (Json.isSet(arguments.remove("stream"))) {
            throw new IllegalArgumentException("stream cannot be set: answers come as a whole");
        }
    }

    /** What goes to {@code system} and what to {@code messages}: the API wants at least one. */
    private static void addConversation(Map<String, Object> body, List<ChatMessage> messages) {
        List<Object> system = AnthropicMessages.system(messages);
        List<Object> asked = AnthropicMessages.to(messages);
        if (asked.isEmpty()) {
            if (system.isEmpty()) {
                throw new IllegalArgumentException("no message has any content");
            }
            Map<String, Object> only = new LinkedHashMap<>();
            only.put("role", "user");
            only.put("content", system);
            body.put("messages", List.of(only));
            return;
        }
        body.put("messages", asked);
        if (!system.isEmpty()) {
            body.put("system", system);
        }
    }

    private static Map<String, Object> tool(Tool tool, boolean strict) {
        Map<String, Object> schema = Tools.schema(tool);
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", tool.getMetadata().getName());
        described.put("description", tool.getMetadata().getDescription());
        described.put("input_schema", schema);
        if (strict) {
            try {
                described.put("input_schema", ClosedSchema.of(schema));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "tool '"
                                + tool.getMetadata().getName()
                                + "': "
                                + e.getMessage()
                                + ", or switch strict_tools off",
                        e);
            }
            described.put("strict", true);
        }
        return described;
    }

    /**
     * Asks for the schema by {@code output_config}, if the model has that; tells whether it does.
     *
     * <p>A {@code format} that is given wins. {@code {"type": "json_schema"}} asks for the schema of
     * a model that is not known to take it.
     */
    private static boolean setFormat(
            Map<String, Object> arguments, Map<String, Object> schema, String model) {
        Map<String, Object> config = Json.objectOrEmpty(arguments.get("output_config"));
        boolean given = config.containsKey("format");
        Object format = config.get("format");
        if (given && !Map.of("type", "json_schema").equals(format)) {
            if (format == null) {
                config.remove("format");
                arguments.put("output_config", config);
                if (config.isEmpty()) {
                    arguments.remove("output_config");
                }
            }
            return false;
        }
        if (!given && !AnthropicModels.takesSchema(model)) {
            return false;
        }
        Map<String, Object> closed;
        try {
            closed = ClosedSchema.of(schema);
        } catch (IllegalArgumentException e) {
            // Such a schema can be asked for in words, and the answer is checked in any case.
            if (given) {
                throw e;
            }
            return false;
        }
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("type", "json_schema");
        wanted.put("schema", closed);
        config.put("format", wanted);
        arguments.put("output_config", config);
        return true;
    }

    private static boolean mayPrefill(
            Map<String, Object> arguments,
            Map<String, Object> schema,
            List<ChatMessage> messages,
            String model) {
        return AnthropicModels.takesPrefill(model)
                && !AnthropicModels.thinks(arguments)
                && "object".equals(schema.get("type"))
                && messages.get(messages.size() - 1).getRole() == MessageRole.USER;
    }
}

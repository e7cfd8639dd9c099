package org.apache.flink.agents.integrations.chatmodels.openai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.integrations.chatmodels.Json;
import org.apache.flink.agents.integrations.chatmodels.RequestOptions;
import org.apache.flink.agents.integrations.chatmodels.SchemaInstruction;
import org.apache.flink.agents.integrations.chatmodels.Tools;

/**
 * What goes over the wire to a chat-completions server. Internal.
 *
 * @param model name of the model that is asked
 * @param body the JSON object to send
 * @param options headers, query and timeout of this request, as far as they are given
 */
public record ChatCompletionsRequest(
        String model, Map<String, Object> body, RequestOptions options) {

    /** Models older than structured output: a closed list, gpt-3.5 and gpt-4 without a letter. */
    private static final Pattern BEFORE_JSON_SCHEMA =
            Pattern.compile("(?:openai/)?gpt-(?:3\\.5|4(?:-|$)).*");

    private static final Pattern NOT_IN_A_NAME = Pattern.compile("[^a-zA-Z0-9_-]");

    /**
     * Makes a request.
     *
     * @param messages the conversation, oldest first
     * @param tools that the model may ask to call
     * @param arguments parameters of the request, those that are null left out; {@code strict},
     *     {@code output_schema}; {@code extra_headers}, {@code extra_query}, {@code extra_body},
     *     {@code timeout}
     * @throws IllegalArgumentException if it cannot be made
     */
    public static ChatCompletionsRequest of(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        Map<String, Object> rest = new LinkedHashMap<>(arguments);
        boolean strict = Json.isSet(rest.remove("strict"));
        Map<String, Object> schema = Json.object(rest.remove("output_schema"));
        Map<String, Object> extraBody = Json.objectOrEmpty(rest.remove("extra_body"));
        RequestOptions options = RequestOptions.take(rest);
        Object model = rest.remove("model");
        if (!Json.isSet(model)) {
            throw new IllegalArgumentException(
                    "no model is named: set model in the chat model setup");
        }
        if (Json.isSet(rest.remove("stream"))) {
            throw new IllegalArgumentException("stream cannot be set: answers come as a whole");
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", model);
        if (!tools.isEmpty()) {
            body.put("tools", tools(tools, strict));
        }
        List<ChatMessage> asked = messages;
        if (schema != null) {
            if (rest.containsKey("response_format")
                    || BEFORE_JSON_SCHEMA.matcher(model.toString()).matches()) {
                asked = SchemaInstruction.with(messages, schema);
            } else {
                body.put("response_format", responseFormat(schema, strict));
            }
        }
        body.put("messages", ChatCompletionsMessages.to(asked));
        rest.values().removeIf(value -> value == null);
        body.putAll(rest);
        body.putAll(extraBody);
        return new ChatCompletionsRequest(model.toString(), body, options);
    }

    private static List<Object> tools(List<Tool> tools, boolean strict) {
        List<Object> described = new ArrayList<>();
        for (Tool tool : tools) {
            Map<String, Object> schema = Tools.schema(tool);
            if (!strict) {
                described.add(Tools.describe(tool, schema));
                continue;
            }
            try {
                schema = StrictSchema.of(schema, true);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "tool '" + tool.getMetadata().getName() + "': " + e.getMessage()
                                + ", or switch strict off",
                        e);
            }
            Map<String, Object> description = Tools.describe(tool, schema);
            Map<String, Object> function = Json.object(description.get("function"));
            function.put("strict", true);
            description.put("function", function);
            described.add(description);
        }
        return described;
    }

    private static Map<String, Object> responseFormat(Map<String, Object> schema, boolean strict) {
        Object title = schema.get("title");
        String name =
                NOT_IN_A_NAME
                        .matcher(Json.isSet(title) ? title.toString() : "answer")
                        .replaceAll("_");
        name = name.substring(0, Math.min(name.length(), 64));
        Map<String, Object> shown = schema;
        if (strict) {
            try {
                shown = StrictSchema.of(schema, false);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "output schema '" + name + "': " + e.getMessage() + ", or switch strict off",
                        e);
            }
        }
        Map<String, Object> format = new LinkedHashMap<>();
        format.put("name", name);
        format.put("schema", shown);
        format.put("strict", strict);
        return Map.of("type", "json_schema", "json_schema", format);
    }

    /** The timeout of this request, else the usual one. */
    public Duration timeout(Duration usual) {
        return options.timeout() == null ? usual : options.timeout();
    }
}

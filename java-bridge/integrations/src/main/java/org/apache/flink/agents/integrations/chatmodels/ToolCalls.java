package org.apache.flink.agents.integrations.chatmodels;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.agents.api.chat.messages.ChatMessage;

/** Tool calls between the form of this library and those of the providers. Internal. */
public final class ToolCalls {

    private ToolCalls() {}

    /**
     * A call that a model asks for, in the form of {@code ChatMessage.getToolCalls()}.
     *
     * @param name name of the tool
     * @param arguments as for {@link #readArguments}
     * @param originalId the provider's id of the call, or null
     * @throws IllegalArgumentException if there is no name
     */
    public static Map<String, Object> toolCall(Object name, Object arguments, Object originalId) {
        if (!(name instanceof String)) {
            throw new IllegalArgumentException("a tool call has no name");
        }
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", name);
        function.put("arguments", readArguments(arguments));
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("id", UUID.randomUUID().toString());
        call.put("type", "function");
        call.put("function", function);
        call.put("original_id", Json.isSet(originalId) ? originalId : null);
        return call;
    }

    /**
     * Arguments as a model gave them, as an object or as the text of one.
     *
     * @return the object as a map; if they are none, the text that they are: the runtime tells the
     *     model
     */
    public static Object readArguments(Object arguments) {
        Map<String, Object> given = Json.object(arguments);
        if (given != null) {
            return given;
        }
        if (arguments == null) {
            return new LinkedHashMap<String, Object>();
        }
        if (!(arguments instanceof String text)) {
            return Json.write(arguments);
        }
        if (text.isBlank()) {
            return new LinkedHashMap<String, Object>();
        }
        try {
            Object read = Json.read(text);
            if (read == null) {
                return new LinkedHashMap<String, Object>();
            }
            return read instanceof Map ? read : text;
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /**
     * Arguments of an earlier call as they are sent back.
     *
     * <p>Providers take nothing but an object, and the model shall see what it wrote: what is none
     * goes as {@code {"malformed_arguments": text}}.
     */
    public static Map<String, Object> sentArguments(Map<String, Object> call) {
        Object arguments = readArguments(function(call).get("arguments"));
        Map<String, Object> object = Json.object(arguments);
        return object != null ? object : Map.of("malformed_arguments", arguments);
    }

    /**
     * Name of the tool that is called.
     *
     * @throws IllegalArgumentException if the call has none
     */
    public static String name(Map<String, Object> call) {
        if (function(call).get("name") instanceof String name) {
            return name;
        }
        throw new IllegalArgumentException(
                "a tool call has no name: it is {\"id\", \"type\", \"function\": {\"name\", "
                        + "\"arguments\"}, \"original_id\"}");
    }

    /** The id by which the provider knows a call: its own, else ours. */
    public static String sentId(Map<String, Object> call) {
        Object original = call.get("original_id");
        return String.valueOf(Json.isSet(original) ? original : call.get("id"));
    }

    /** The id of the call that a tool message answers; null if it does not say so. */
    public static String answeredCall(ChatMessage message) {
        Map<String, Object> extra = message.getExtraArgs();
        Object given = extra.get("external_id");
        if (!Json.isSet(given)) {
            given = extra.get("externalId");
        }
        return Json.isSet(given) ? String.valueOf(given) : null;
    }

    /**
     * As {@link #answeredCall}, for providers that need the id.
     *
     * @throws IllegalArgumentException if the message does not say so
     */
    public static String requireAnsweredCall(ChatMessage message) {
        String callId = answeredCall(message);
        if (callId == null) {
            throw new IllegalArgumentException(
                    "a tool message does not say which call it answers: set its extraArgs "
                            + "\"external_id\" to the \"original_id\" of the tool call");
        }
        return callId;
    }

    private static Map<String, Object> function(Map<String, Object> call) {
        return Json.objectOrEmpty(call.get("function"));
    }
}

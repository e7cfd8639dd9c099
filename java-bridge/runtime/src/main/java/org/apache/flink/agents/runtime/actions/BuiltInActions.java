package org.apache.flink.agents.runtime.actions;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ToolRequestEvent;
import org.apache.flink.agents.api.event.ToolResponseEvent;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.apache.flink.agents.plan.ActionSpec;
import org.apache.flink.agents.plan.ResourceKey;
import org.apache.flink.agents.runtime.ActionContext;

/** The actions that every agent has: they answer chat requests and tool requests. */
public final class BuiltInActions {
    private static final String CHAT = "chat_model_action";
    private static final String TOOLS = "tool_call_action";

    private static final Map<String, AsyncAction> ACTIONS =
            Map.of(
                    CHAT,
                    (event, context) ->
                            new Conversation((ChatRequestEvent) event, context).ask(),
                    TOOLS,
                    (event, context) -> callTools((ToolRequestEvent) event, context));

    private BuiltInActions() {}

    /** The built-in actions, for the compiler. */
    public static List<ActionSpec> specs() {
        return List.of(
                spec(CHAT, ChatRequestEvent.class), spec(TOOLS, ToolRequestEvent.class));
    }

    /** What a built-in action does. */
    public static AsyncAction of(String name) {
        return ACTIONS.get(name);
    }

    private static ActionSpec spec(String name, Class<? extends Event> event) {
        // The runner starts it by name, without a thread that waits for it.
        return ActionSpec.builtIn(
                name,
                List.of(event),
                (given, context) -> of(name).start(given, (ActionContext) context).join(),
                true,
                false);
    }

    private static CompletableFuture<?> callTools(ToolRequestEvent request, ActionContext context) {
        List<Map<String, Object>> calls = request.getToolCalls();
        Map<String, Tool> tools = new LinkedHashMap<>();
        for (ResourceKey key : context.plan().resources().keySet()) {
            if (key.type() == ResourceType.TOOL) {
                tools.put(key.name(), (Tool) context.getResource(key.name(), key.type()));
            }
        }
        return ToolCalls.call(context, calls, tools)
                .thenAccept(results -> context.sendEvent(response(request, results)));
    }

    private static ToolResponseEvent response(
            ToolRequestEvent request, List<ToolResponse> results) {
        Map<String, ToolResponse> responses = new LinkedHashMap<>();
        Map<String, String> externalIds = new LinkedHashMap<>();
        for (int number = 0; number < results.size(); number++) {
            Map<String, Object> call = request.getToolCalls().get(number);
            String id = callId(request.getId(), call, number);
            responses.put(id, results.get(number));
            Object original = call.get("original_id");
            externalIds.put(id, original == null ? null : String.valueOf(original));
        }
        return new ToolResponseEvent(request.getId(), responses, externalIds);
    }

    /** The call's own id, else one made of the request's id and its number. */
    private static String callId(UUID request, Map<String, Object> call, int number) {
        Object id = call.get("id");
        if (id != null && !id.equals("")) {
            return String.valueOf(id);
        }
        String name = request + "/" + number;
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }
}

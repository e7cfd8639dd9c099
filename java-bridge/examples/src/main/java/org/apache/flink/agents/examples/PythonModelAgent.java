package org.apache.flink.agents.examples;

import java.util.List;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.annotation.Tool;
import org.apache.flink.agents.api.annotation.ToolParam;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** Asks a chat model that is written in Python; its tools stay in Java. */
public class PythonModelAgent extends Agent {

    @ChatModelConnection
    public static ResourceDescriptor pythonChatModelConnection() {
        return ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_CONNECTION)
                .addInitialArgument(
                        "module", "flink_agents.integrations.chat_models.ollama_chat_model")
                .addInitialArgument("clazz", "OllamaChatModelConnection")
                .addInitialArgument("base_url", Ollama.url())
                .addInitialArgument("request_timeout", 120.0)
                .build();
    }

    @ChatModelSetup
    public static ResourceDescriptor pythonChatModel() {
        return ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_SETUP)
                .addInitialArgument(
                        "module", "flink_agents.integrations.chat_models.ollama_chat_model")
                .addInitialArgument("clazz", "OllamaChatModelSetup")
                .addInitialArgument("connection", "pythonChatModelConnection")
                .addInitialArgument("model", "qwen3:8b")
                .addInitialArgument("tools", List.of("tool1", "tool2"))
                .addInitialArgument("extract_reasoning", true)
                .build();
    }

    @Tool(description = "Add two numbers")
    public static int tool1(
            @ToolParam(name = "a", description = "The first one") int a,
            @ToolParam(name = "b", description = "The second one") int b) {
        return a + b;
    }

    @Tool(description = "Find the weather of a city")
    public static String tool2(
            @ToolParam(name = "city", description = "Name of the city") String city) {
        return "sunny in " + city;
    }

    @Action(listenEvents = {InputEvent.class})
    public static void processInput(InputEvent event, RunnerContext ctx) throws Exception {
        ChatMessage userMessage =
                new ChatMessage(MessageRole.USER, String.format("input: {%s}", event.getInput()));
        ctx.sendEvent(new ChatRequestEvent("pythonChatModel", List.of(userMessage)));
    }

    @Action(listenEvents = {ChatResponseEvent.class})
    public static void processResponse(ChatResponseEvent event, RunnerContext ctx)
            throws Exception {
        String response = event.getResponse().getContent();
        ctx.sendEvent(new OutputEvent(response));
    }
}

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
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** Answers questions with the Java Ollama model, a prompt and a tool. */
public class JavaModelAgent extends Agent {

    @ChatModelConnection
    public static ResourceDescriptor ollama() {
        return ResourceDescriptor.Builder.newBuilder(Constant.OLLAMA_CHAT_MODEL_CONNECTION)
                .addInitialArgument("endpoint", Ollama.url())
                .addInitialArgument("requestTimeout", 120)
                .build();
    }

    @ChatModelSetup
    public static ResourceDescriptor model() {
        return ResourceDescriptor.Builder.newBuilder(Constant.OLLAMA_CHAT_MODEL_SETUP)
                .addInitialArgument("connection", "ollama")
                .addInitialArgument("model", "qwen3:8b")
                .addInitialArgument("prompt", "instructions")
                .addInitialArgument("tools", List.of("add"))
                .build();
    }

    @org.apache.flink.agents.api.annotation.Prompt
    public static Prompt instructions() {
        return Prompt.fromMessages(
                List.of(ChatMessage.system("Use the tools. Answer in one sentence.")));
    }

    @Tool(description = "Add two numbers")
    public static int add(
            @ToolParam(name = "a", description = "The first one") int a,
            @ToolParam(name = "b", description = "The second one") int b) {
        return a + b;
    }

    @Action(listenEvents = {InputEvent.class})
    public static void ask(InputEvent event, RunnerContext context) {
        ChatMessage question = ChatMessage.user(String.valueOf(event.getInput()));
        context.sendEvent(new ChatRequestEvent("model", List.of(question)));
    }

    @Action(listenEvents = {ChatResponseEvent.class})
    public static void answer(ChatResponseEvent event, RunnerContext context) {
        context.sendEvent(new OutputEvent(event.getResponse().getContent()));
    }
}

package org.apache.flink.agents.runtime;

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
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** Asks the scripted model what it is given, and says what it answers. */
public class ChatAgent extends Agent {
    @ChatModelConnection
    public static ResourceDescriptor connection() {
        return ScriptedModel.connection();
    }

    @ChatModelSetup
    public static ResourceDescriptor model() {
        return ScriptedModel.setup("add", "fail");
    }

    @Tool(description = "Adds two numbers.")
    public static int add(@ToolParam(name = "a") int a, @ToolParam(name = "b") int b) {
        return a + b;
    }

    @Tool(description = "Fails.")
    public static String fail() {
        throw new IllegalStateException("broken tool");
    }

    @Action(listenEvents = {InputEvent.class})
    public static void ask(InputEvent event, RunnerContext context) {
        ChatMessage question = ChatMessage.user(String.valueOf(event.getInput()));
        context.sendEvent(new ChatRequestEvent("model", List.of(question)));
    }

    @Action(listenEvents = {ChatResponseEvent.class})
    public static void say(ChatResponseEvent event, RunnerContext context) {
        ChatMessage answer = event.getResponse();
        Object error = answer.getExtraArgs().get("error");
        context.sendEvent(new OutputEvent(error == null ? answer.getContent() : error));
    }
}

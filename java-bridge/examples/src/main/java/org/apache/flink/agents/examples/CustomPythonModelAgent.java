package org.apache.flink.agents.examples;

import java.util.List;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;

/** Asks a Python chat model of your own: the module {@code shouting_model}. */
public class CustomPythonModelAgent extends Agent {

    /**
     * @param pythonPath folder of the module
     */
    public CustomPythonModelAgent(String pythonPath) {
        addResource(
                "connection",
                ResourceType.CHAT_MODEL_CONNECTION,
                ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_CONNECTION)
                        .addInitialArgument("python_clazz", "shouting_model.ShoutingConnection")
                        .addInitialArgument("python_path", pythonPath)
                        .addInitialArgument("mark", "!")
                        .build());
        addResource(
                "model",
                ResourceType.CHAT_MODEL,
                ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_SETUP)
                        .addInitialArgument("python_clazz", "shouting_model.ShoutingSetup")
                        .addInitialArgument("python_path", pythonPath)
                        .addInitialArgument("connection", "connection")
                        .addInitialArgument("times", 2)
                        .build());
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

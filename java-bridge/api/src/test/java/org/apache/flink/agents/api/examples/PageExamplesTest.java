package org.apache.flink.agents.api.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.examples.custom.MyChatModelConnection;
import org.apache.flink.agents.api.examples.custom.MyChatModelSetup;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.junit.jupiter.api.Test;

/** The Java classes of the page about chat models, as they are printed there. */
class PageExamplesTest {
    @Test
    void theExamplesNameTheClassesOfTheirProviders() {
        assertEquals(
                Constant.AZURE_CHAT_MODEL_CONNECTION,
                org.apache.flink.agents.api.examples.azure.MyAgent.azureAIConnection().getClazz());
        assertEquals(
                Constant.OLLAMA_CHAT_MODEL_SETUP,
                org.apache.flink.agents.api.examples.ollama.MyAgent.ollamaChatModel().getClazz());
        ResourceDescriptor python =
                org.apache.flink.agents.api.examples.python.MyAgent.pythonChatModel();
        assertEquals("OllamaChatModelSetup", python.getArgument("clazz"));
        assertEquals(List.of("tool1", "tool2"), python.getArgument("tools"));
        assertEquals(true, python.<Boolean>getArgument("extractReasoning"));
    }

    @Test
    void aSetupWithoutAConstructorGetsItsArguments() {
        MyChatModelSetup setup = new MyChatModelSetup();
        MyChatModelConnection connection =
                new MyChatModelConnection(
                        ResourceDescriptor.Builder.newBuilder("x")
                                .addInitialArgument("endpoint", "http://localhost")
                                .build(),
                        (name, type) -> null);
        setup.configure(
                ResourceDescriptor.Builder.newBuilder("y")
                        .addInitialArgument("connection", "mine")
                        .addInitialArgument("model", "m")
                        .build(),
                (name, type) -> connection);
        assertEquals(Map.of("model", "m"), setup.getParameters());
        assertEquals("Hi", setup.chat(List.of(ChatMessage.user("Hi"))).getContent());
    }
}

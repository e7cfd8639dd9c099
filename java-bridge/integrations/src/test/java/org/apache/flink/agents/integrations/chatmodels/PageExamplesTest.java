package org.apache.flink.agents.integrations.chatmodels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.integrations.chatmodels.examples.AnthropicExample;
import org.apache.flink.agents.integrations.chatmodels.examples.OpenAIExample;
import org.junit.jupiter.api.Test;

/** The resources of the page's examples can be created as they are printed. */
class PageExamplesTest {

    @Test
    void thatOfOpenAI() throws Exception {
        assertEquals(
                Map.of("model", "gpt-4", "strict", false, "temperature", 0.7, "max_tokens", 1000L),
                parameters(
                        OpenAIExample.MyAgent.openaiConnection(),
                        OpenAIExample.MyAgent.openaiChatModel()));
    }

    @Test
    void thatOfAnthropic() throws Exception {
        assertEquals(
                Map.of(
                        "model", "claude-sonnet-4-20250514",
                        "max_tokens", 2048L,
                        "temperature", 0.7,
                        "json_prefill", true,
                        "strict_tools", false),
                parameters(
                        AnthropicExample.MyAgent.anthropicConnection(),
                        AnthropicExample.MyAgent.anthropicChatModel()));
    }

    @Test
    void thoseOfAzureAndOllama() throws Exception {
        ResourceDescriptor azure =
                ResourceDescriptor.Builder.newBuilder(Constant.AZURE_CHAT_MODEL_CONNECTION)
                        .addInitialArgument(
                                "endpoint", "https://your-resource.inference.ai.azure.com")
                        .addInitialArgument("apiKey", "your-api-key-here")
                        .build();
        ResourceDescriptor azureModel =
                ResourceDescriptor.Builder.newBuilder(Constant.AZURE_CHAT_MODEL_SETUP)
                        .addInitialArgument("connection", "azureAIConnection")
                        .addInitialArgument("model", "gpt-4o")
                        .build();
        assertEquals("gpt-4o", parameters(azure, azureModel).get("model"));
        ResourceDescriptor ollama =
                ResourceDescriptor.Builder.newBuilder(Constant.OLLAMA_CHAT_MODEL_CONNECTION)
                        .addInitialArgument("endpoint", "http://localhost:11434")
                        .addInitialArgument("requestTimeout", 120)
                        .build();
        ResourceDescriptor ollamaModel =
                ResourceDescriptor.Builder.newBuilder(Constant.OLLAMA_CHAT_MODEL_SETUP)
                        .addInitialArgument("connection", "ollamaConnection")
                        .addInitialArgument("model", "qwen3:8b")
                        .build();
        assertEquals("qwen3:8b", parameters(ollama, ollamaModel).get("model"));
    }

    private static Map<String, Object> parameters(
            ResourceDescriptor connection, ResourceDescriptor setup) throws Exception {
        Resource connected = created(connection, null);
        try {
            return ((BaseChatModelSetup) created(setup, (name, type) -> connected))
                    .getParameters();
        } finally {
            connected.close();
        }
    }

    private static Resource created(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource)
            throws Exception {
        return (Resource)
                Class.forName(descriptor.getClazz())
                        .getConstructor(ResourceDescriptor.class, BiFunction.class)
                        .newInstance(descriptor, getResource);
    }
}

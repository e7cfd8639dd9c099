package org.apache.flink.agents.integrations.chatmodels.examples;

import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelSetup;

/** The page's example for OpenAI. */
public final class OpenAIExample {

    private OpenAIExample() {}

    public static class MyAgent extends Agent {
        @ChatModelConnection
        public static ResourceDescriptor openaiConnection() {
            return ResourceDescriptor.Builder.newBuilder(OpenAIChatModelConnection.class.getName())
                    .addInitialArgument("api_key", "<your-api-key>")
                    .addInitialArgument("api_base_url", "https://api.openai.com/v1")
                    .addInitialArgument("timeout", 60)
                    .addInitialArgument("max_retries", 3)
                    .build();
        }

        @ChatModelSetup
        public static ResourceDescriptor openaiChatModel() {
            return ResourceDescriptor.Builder.newBuilder(OpenAIChatModelSetup.class.getName())
                    .addInitialArgument("connection", "openaiConnection")
                    .addInitialArgument("model", "gpt-4")
                    .addInitialArgument("temperature", 0.7d)
                    .addInitialArgument("max_tokens", 1000)
                    .build();
        }
    }
}

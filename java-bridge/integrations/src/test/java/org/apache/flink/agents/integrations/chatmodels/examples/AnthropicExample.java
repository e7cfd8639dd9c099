package org.apache.flink.agents.integrations.chatmodels.examples;

import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelSetup;

/** The page's example for Anthropic. */
public final class AnthropicExample {

    private AnthropicExample() {}

    public static class MyAgent extends Agent {
        @ChatModelConnection
        public static ResourceDescriptor anthropicConnection() {
            return ResourceDescriptor.Builder.newBuilder(
                            AnthropicChatModelConnection.class.getName())
                    .addInitialArgument("api_key", "<your-api-key>")
                    .addInitialArgument("timeout", 120)
                    .addInitialArgument("max_retries", 3)
                    .build();
        }

        @ChatModelSetup
        public static ResourceDescriptor anthropicChatModel() {
            return ResourceDescriptor.Builder.newBuilder(AnthropicChatModelSetup.class.getName())
                    .addInitialArgument("connection", "anthropicConnection")
                    .addInitialArgument("model", "claude-sonnet-4-20250514")
                    .addInitialArgument("temperature", 0.7d)
                    .addInitialArgument("max_tokens", 2048)
                    .build();
        }
    }
}

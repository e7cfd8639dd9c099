package org.apache.flink.agents.integrations.chatmodels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.api.tools.ToolMetadata;
import org.apache.flink.agents.api.tools.ToolParameters;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.apache.flink.agents.api.tools.ToolType;
import org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelSetup;
import org.apache.flink.agents.integrations.chatmodels.azureai.AzureAIChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.azureai.AzureAIChatModelSetup;
import org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelSetup;
import org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelConnection;
import org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelSetup;

/** Providers as tests ask them: connection and setup of one, made for a server. */
enum Asking {
    OPENAI(
            OpenAIChatModelConnection::new,
            OpenAIChatModelSetup::new,
            url -> Map.of("api_key", Asking.KEY, "api_base_url", url + "/v1", "max_retries", 0),
            Map.of(),
            Asking.completion("Hello.")),
    ANTHROPIC(
            AnthropicChatModelConnection::new,
            AnthropicChatModelSetup::new,
            url -> Map.of("api_key", Asking.KEY, "api_base_url", url, "max_retries", 0),
            Map.of(),
            Asking.blocks(Map.of("type", "text", "text", "Hello."))),
    AZURE(
            AzureAIChatModelConnection::new,
            AzureAIChatModelSetup::new,
            url -> Map.of("apiKey", Asking.KEY, "endpoint", url + "/models", "max_retries", 0),
            Map.of("model", "gpt-4o"),
            Asking.completion("Hello.")),
    OLLAMA(
            OllamaChatModelConnection::new,
            OllamaChatModelSetup::new,
            url -> Map.of("endpoint", url),
            Map.of("model", "qwen3:8b"),
            Asking.ollama(Map.of("role", "assistant", "content", "Hello.")));

    static final String KEY = "sk-a-secret-key";
    static final List<ChatMessage> HELLO = List.of(ChatMessage.user("Hello?"));

    private final BiFunction<
                    ResourceDescriptor,
                    BiFunction<String, ResourceType, Resource>,
                    BaseChatModelConnection>
            connection;
    private final BiFunction<
                    ResourceDescriptor,
                    BiFunction<String, ResourceType, Resource>,
                    BaseChatModelSetup>
            setup;
    private final Function<String, Map<String, Object>> usualConnection;
    private final Map<String, Object> usualSetup;
    final Map<String, Object> answer;

    Asking(
            BiFunction<
                            ResourceDescriptor,
                            BiFunction<String, ResourceType, Resource>,
                            BaseChatModelConnection>
                    connection,
            BiFunction<
                            ResourceDescriptor,
                            BiFunction<String, ResourceType, Resource>,
                            BaseChatModelSetup>
                    setup,
            Function<String, Map<String, Object>> usualConnection,
            Map<String, Object> usualSetup,
            Map<String, Object> answer) {
        this.connection = connection;
        this.setup = setup;
        this.usualConnection = usualConnection;
        this.usualSetup = usualSetup;
        this.answer = answer;
    }

    BaseChatModelConnection connection(String url, Map<String, Object> arguments) {
        return exactConnection(merged(usualConnection.apply(url), arguments));
    }

    BaseChatModelConnection exactConnection(Map<String, Object> arguments) {
        return connection.apply(new ResourceDescriptor(name(), arguments), null);
    }

    BaseChatModelSetup setup(
            BaseChatModelConnection connected, Map<String, Object> arguments, Tool... tools) {
        Map<String, Object> all = merged(usualSetup, arguments);
        all.put("connection", "connected");
        Map<String, Resource> resources = new LinkedHashMap<>();
        resources.put("connected", connected);
        for (Tool tool : tools) {
            resources.put(tool.getName(), tool);
        }
        if (tools.length > 0) {
            all.put("tools", List.of(tools).stream().map(Tool::getName).toList());
        }
        return setup.apply(
                new ResourceDescriptor(name(), all), (name, type) -> resources.get(name));
    }

    /** Asks once, with a connection that is closed afterwards. */
    ChatMessage ask(
            String url,
            Map<String, Object> connectionArguments,
            Map<String, Object> setupArguments,
            List<ChatMessage> messages,
            Tool... tools) {
        return ask(url, connectionArguments, setupArguments, messages, Map.of(), tools);
    }

    ChatMessage ask(
            String url,
            Map<String, Object> connectionArguments,
            Map<String, Object> setupArguments,
            List<ChatMessage> messages,
            Map<String, Object> parameters,
            Tool... tools) {
        BaseChatModelConnection connected = connection(url, connectionArguments);
        try {
            return setup(connected, setupArguments, tools).chat(messages, parameters);
        } finally {
            close(connected);
        }
    }

    static void close(BaseChatModelConnection connected) {
        ((ClientChatModelConnection) connected).close();
    }

    private static Map<String, Object> merged(
            Map<String, Object> usual, Map<String, Object> arguments) {
        Map<String, Object> all = new LinkedHashMap<>(usual);
        // The other spelling of an argument replaces it too.
        arguments.keySet().forEach(name -> all.keySet().removeIf(key -> same(key, name)));
        all.putAll(arguments);
        return all;
    }

    private static boolean same(String one, String other) {
        return one.replace("_", "").equalsIgnoreCase(other.replace("_", ""));
    }

    static Map<String, Object> completion(String content) {
        return completion(Map.of("role", "assistant", "content", content));
    }

    static Map<String, Object> completion(Map<String, Object> message) {
        return Map.of(
                "id", "chatcmpl-1",
                "object", "chat.completion",
                "created", 1,
                "model", "answering-model",
                "choices",
                        List.of(Map.of("index", 0, "message", message, "finish_reason", "stop")),
                "usage",
                        Map.of("prompt_tokens", 9, "completion_tokens", 0, "total_tokens", 9));
    }

    static Map<String, Object> blocks(Object... blocks) {
        return Map.of(
                "id", "msg_1",
                "type", "message",
                "role", "assistant",
                "model", "answering-model",
                "content", List.of(blocks),
                "stop_reason", "end_turn",
                "usage", Map.of("input_tokens", 9, "output_tokens", 0));
    }

    static Map<String, Object> ollama(Map<String, Object> message) {
        return Map.of(
                "model", "answering-model",
                "created_at", "2026-01-01T00:00:00Z",
                "message", message,
                "done", true,
                "done_reason", "stop",
                "prompt_eval_count", 9);
    }

    /** A tool whose one argument is a list of objects, so that its schema is not flat. */
    static Tool weather() {
        String schema =
                """
                {"type": "object", "properties": {"places": {"type": "array", "items":
                 {"$ref": "#/$defs/Place"}}, "unit": {"type": "string", "enum": ["C", "F"],
                 "default": "C"}}, "required": ["places"], "$defs": {"Place": {"type": "object",
                 "properties": {"name": {"type": "string"}}, "required": ["name"]}}}
                """;
        return tool("weather", "Tells the weather.", schema);
    }

    /** A tool whose schema is flat. */
    static Tool add() {
        String schema =
                """
                {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type":
                 "integer"}}, "required": ["a", "b"]}
                """;
        return tool("add", "Add two numbers.", schema);
    }

    private static Tool tool(String name, String description, String schema) {
        return new Tool(new ToolMetadata(name, description, schema)) {
            private static final long serialVersionUID = 1L;

            @Override
            public ToolType getToolType() {
                return ToolType.FUNCTION;
            }

            @Override
            public ToolResponse call(ToolParameters parameters) {
                return ToolResponse.success("sunny");
            }
        };
    }
}

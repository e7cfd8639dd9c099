package org.apache.flink.agents.api.resource;

/** Names of the resource classes that come with the library, for {@code newBuilder}. */
public final class Constant {
    public static final String OLLAMA_CHAT_MODEL_CONNECTION =
            "org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelConnection";
    public static final String OLLAMA_CHAT_MODEL_SETUP =
            "org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelSetup";
    public static final String OPENAI_CHAT_MODEL_CONNECTION =
            "org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelConnection";
    public static final String OPENAI_CHAT_MODEL_SETUP =
            "org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelSetup";
    public static final String ANTHROPIC_CHAT_MODEL_CONNECTION =
            "org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelConnection";
    public static final String ANTHROPIC_CHAT_MODEL_SETUP =
            "org.apache.flink.agents.integrations.chatmodels.anthropic.AnthropicChatModelSetup";
    public static final String AZURE_CHAT_MODEL_CONNECTION =
            "org.apache.flink.agents.integrations.chatmodels.azureai.AzureAIChatModelConnection";
    public static final String AZURE_CHAT_MODEL_SETUP =
            "org.apache.flink.agents.integrations.chatmodels.azureai.AzureAIChatModelSetup";
    /** A chat model that is implemented in Python: arguments {@code module} and {@code clazz}. */
    public static final String PYTHON_CHAT_MODEL_CONNECTION =
            "org.apache.flink.agents.api.chat.model.python.PythonChatModelConnection";
    /** A chat model that is implemented in Python: arguments {@code module} and {@code clazz}. */
    public static final String PYTHON_CHAT_MODEL_SETUP =
            "org.apache.flink.agents.api.chat.model.python.PythonChatModelSetup";

    private Constant() {}
}

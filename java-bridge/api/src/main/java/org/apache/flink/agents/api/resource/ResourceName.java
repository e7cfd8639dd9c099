package org.apache.flink.agents.api.resource;

/** The names of {@link Constant}, grouped by kind. */
public final class ResourceName {
    private ResourceName() {}

    /** Chat-model connections and setups. */
    public static final class ChatModel {
        public static final String OLLAMA_CONNECTION = Constant.OLLAMA_CHAT_MODEL_CONNECTION;
        public static final String OLLAMA_SETUP = Constant.OLLAMA_CHAT_MODEL_SETUP;
        public static final String OPENAI_CONNECTION = Constant.OPENAI_CHAT_MODEL_CONNECTION;
        public static final String OPENAI_SETUP = Constant.OPENAI_CHAT_MODEL_SETUP;
        public static final String ANTHROPIC_CONNECTION = Constant.ANTHROPIC_CHAT_MODEL_CONNECTION;
        public static final String ANTHROPIC_SETUP = Constant.ANTHROPIC_CHAT_MODEL_SETUP;
        public static final String AZURE_CONNECTION = Constant.AZURE_CHAT_MODEL_CONNECTION;
        public static final String AZURE_SETUP = Constant.AZURE_CHAT_MODEL_SETUP;
        public static final String PYTHON_WRAPPER_CONNECTION =
                Constant.PYTHON_CHAT_MODEL_CONNECTION;
        public static final String PYTHON_WRAPPER_SETUP = Constant.PYTHON_CHAT_MODEL_SETUP;

        private ChatModel() {}
    }
}

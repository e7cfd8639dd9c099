"""Dotted paths of the resource classes that come with the library, under both spellings."""

from __future__ import annotations

from typing import Final

_CHAT: Final = "flink_agents.integrations.chat_models."
_JAVA_CHAT: Final = "org.apache.flink.agents.integrations.chatmodels."
_JAVA_WRAPPER: Final = "flink_agents.api.chat_models.java_chat_model."


class ResourceName:
    """Names of resource classes, grouped by kind."""

    class ChatModel:
        """Chat-model connections and setups."""

        OPENAI_CONNECTION: Final = _CHAT + "openai.openai_chat_model.OpenAIChatModelConnection"
        OPENAI_SETUP: Final = _CHAT + "openai.openai_chat_model.OpenAIChatModelSetup"
        ANTHROPIC_CONNECTION: Final = (
            _CHAT + "anthropic.anthropic_chat_model.AnthropicChatModelConnection"
        )
        ANTHROPIC_SETUP: Final = _CHAT + "anthropic.anthropic_chat_model.AnthropicChatModelSetup"
        AZURE_CONNECTION: Final = _CHAT + "azure.azure_chat_model.AzureChatModelConnection"
        AZURE_SETUP: Final = _CHAT + "azure.azure_chat_model.AzureChatModelSetup"
        AZURE_OPENAI_CONNECTION: Final = (
            _CHAT + "azure.azure_openai_chat_model.AzureOpenAIChatModelConnection"
        )
        AZURE_OPENAI_SETUP: Final = (
            _CHAT + "azure.azure_openai_chat_model.AzureOpenAIChatModelSetup"
        )
        TONGYI_CONNECTION: Final = _CHAT + "tongyi_chat_model.TongyiChatModelConnection"
        TONGYI_SETUP: Final = _CHAT + "tongyi_chat_model.TongyiChatModelSetup"
        OLLAMA_CONNECTION: Final = _CHAT + "ollama_chat_model.OllamaChatModelConnection"
        OLLAMA_SETUP: Final = _CHAT + "ollama_chat_model.OllamaChatModelSetup"
        EMBEDDED_CONNECTION: Final = (
            _CHAT + "embedded.embedded_chat_model.EmbeddedChatModelConnection"
        )
        EMBEDDED_SETUP: Final = _CHAT + "embedded.embedded_chat_model.EmbeddedChatModelSetup"
        FALLBACK_CONNECTION: Final = _CHAT + "composition.fallback.FallbackChatModelConnection"
        RATE_LIMITED_CONNECTION: Final = (
            _CHAT + "composition.rate_limited.RateLimitedChatModelConnection"
        )
        CACHED_CONNECTION: Final = _CHAT + "composition.cached.CachedChatModelConnection"
        JAVA_WRAPPER_CONNECTION: Final = _JAVA_WRAPPER + "JavaChatModelConnection"
        JAVA_WRAPPER_SETUP: Final = _JAVA_WRAPPER + "JavaChatModelSetup"

        class Java:
            """Java classes, for the argument ``java_clazz`` of the wrappers."""

            OPENAI_CONNECTION: Final = _JAVA_CHAT + "openai.OpenAIChatModelConnection"
            OPENAI_SETUP: Final = _JAVA_CHAT + "openai.OpenAIChatModelSetup"
            ANTHROPIC_CONNECTION: Final = _JAVA_CHAT + "anthropic.AnthropicChatModelConnection"
            ANTHROPIC_SETUP: Final = _JAVA_CHAT + "anthropic.AnthropicChatModelSetup"
            AZURE_CONNECTION: Final = _JAVA_CHAT + "azureai.AzureAIChatModelConnection"
            AZURE_SETUP: Final = _JAVA_CHAT + "azureai.AzureAIChatModelSetup"
            OLLAMA_CONNECTION: Final = _JAVA_CHAT + "ollama.OllamaChatModelConnection"
            OLLAMA_SETUP: Final = _JAVA_CHAT + "ollama.OllamaChatModelSetup"


class Constant:
    """Names of resource classes, each usable as ``ResourceDescriptor(clazz=...)``."""

    OPENAI_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.OPENAI_CONNECTION
    OPENAI_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.OPENAI_SETUP
    ANTHROPIC_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.ANTHROPIC_CONNECTION
    ANTHROPIC_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.ANTHROPIC_SETUP
    AZURE_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.AZURE_CONNECTION
    AZURE_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.AZURE_SETUP
    AZURE_OPENAI_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.AZURE_OPENAI_CONNECTION
    AZURE_OPENAI_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.AZURE_OPENAI_SETUP
    TONGYI_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.TONGYI_CONNECTION
    TONGYI_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.TONGYI_SETUP
    OLLAMA_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.OLLAMA_CONNECTION
    OLLAMA_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.OLLAMA_SETUP
    EMBEDDED_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.EMBEDDED_CONNECTION
    EMBEDDED_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.EMBEDDED_SETUP
    FALLBACK_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.FALLBACK_CONNECTION
    RATE_LIMITED_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.RATE_LIMITED_CONNECTION
    CACHED_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.CACHED_CONNECTION
    JAVA_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.JAVA_WRAPPER_CONNECTION
    JAVA_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.JAVA_WRAPPER_SETUP

"""Dotted paths of the resource classes that come with the library, under both spellings."""

from __future__ import annotations

from typing import Final

_CHAT: Final = "flink_agents.integrations.chat_models."
_JAVA_CHAT: Final = "org.apache.flink.agents.integrations.chatmodels."


class ResourceName:
    """Names of resource classes, grouped by kind."""

    class ChatModel:
        """Chat-model connections and setups."""

        OPENAI_CONNECTION: Final = _CHAT + "openai.openai_chat_model.OpenAIChatModelConnection"
        OPENAI_SETUP: Final = _CHAT + "openai.openai_chat_model.OpenAIChatModelSetup"
        EMBEDDED_CONNECTION: Final = (
            _CHAT + "embedded.embedded_chat_model.EmbeddedChatModelConnection"
        )
        EMBEDDED_SETUP: Final = _CHAT + "embedded.embedded_chat_model.EmbeddedChatModelSetup"


class Constant:
    """Names of resource classes, each usable as ``ResourceDescriptor(clazz=...)``."""

    OPENAI_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.OPENAI_CONNECTION
    OPENAI_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.OPENAI_SETUP
    EMBEDDED_CHAT_MODEL_CONNECTION: Final = ResourceName.ChatModel.EMBEDDED_CONNECTION
    EMBEDDED_CHAT_MODEL_SETUP: Final = ResourceName.ChatModel.EMBEDDED_SETUP

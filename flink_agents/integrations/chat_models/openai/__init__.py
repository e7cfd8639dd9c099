"""OpenAI: chat models of its API and of servers that speak its protocol."""

from flink_agents.integrations.chat_models.openai.openai_chat_model import (
    OpenAIChatModelConnection,
    OpenAIChatModelSetup,
)

__all__ = ["OpenAIChatModelConnection", "OpenAIChatModelSetup"]

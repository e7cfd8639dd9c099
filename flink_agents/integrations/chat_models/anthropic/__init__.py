"""Anthropic: chat models of its API and of servers that speak its Messages protocol."""

from flink_agents.integrations.chat_models.anthropic.anthropic_chat_model import (
    AnthropicChatModelConnection,
    AnthropicChatModelSetup,
)

__all__ = ["AnthropicChatModelConnection", "AnthropicChatModelSetup"]

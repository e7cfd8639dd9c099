"""Azure AI: chat models of Azure AI Foundry and of Azure OpenAI."""

from flink_agents.integrations.chat_models.azure.azure_chat_model import (
    AzureChatModelConnection,
    AzureChatModelSetup,
)

__all__ = ["AzureChatModelConnection", "AzureChatModelSetup"]

"""The chat models of Azure by the names that releases have for them."""

from flink_agents.integrations.chat_models.azure.azure_chat_model import (
    AzureChatModelConnection,
    AzureChatModelSetup,
)


class AzureOpenAIChatModelConnection(AzureChatModelConnection):
    """As :class:`AzureChatModelConnection`."""


class AzureOpenAIChatModelSetup(AzureChatModelSetup):
    """As :class:`AzureChatModelSetup`."""


__all__ = ["AzureOpenAIChatModelConnection", "AzureOpenAIChatModelSetup"]

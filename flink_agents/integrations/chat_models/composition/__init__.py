"""Connections made of other connections: fallback, rate limit, cache."""

from flink_agents.integrations.chat_models.composition.cached import CachedChatModelConnection
from flink_agents.integrations.chat_models.composition.fallback import (
    FallbackChatModelConnection,
    FallbackTarget,
)
from flink_agents.integrations.chat_models.composition.rate_limited import (
    RateLimitedChatModelConnection,
)

__all__ = [
    "CachedChatModelConnection",
    "FallbackChatModelConnection",
    "FallbackTarget",
    "RateLimitedChatModelConnection",
]

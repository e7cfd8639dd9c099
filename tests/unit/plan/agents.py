"""Resource classes for agents that are compiled and not run."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.events.event import Event
from flink_agents.api.resource import Resource, ResourceType


class Started(Event):
    n: int = 0


class Connection(BaseChatModelConnection):
    host: str = "localhost"
    api_key: SecretStr | None = None
    max_tokens: int = Field(default=10, ge=1)
    headers: dict[str, str] = Field(default_factory=dict)

    def chat(self, messages: Any, tools: Any = None, **kwargs: Any) -> ChatMessage:
        raise AssertionError("nothing is called to compile an agent")


class Setup(BaseChatModelSetup):
    temperature: float = 0.5

    @property
    def model_kwargs(self) -> dict[str, Any]:
        return {}


class Needy(Connection):
    """Has an argument without a default."""

    place: str


class Mute(BaseChatModelConnection):
    """Implements neither form of chat."""


class Unfinished(BaseChatModelSetup):
    """Lacks ``model_kwargs``."""


class Store(Resource):
    """Names another store and a setup."""

    other: str | None = None
    model: str | None = None

    @classmethod
    def resource_type(cls) -> ResourceType:
        return ResourceType.VECTOR_STORE

    @classmethod
    def references(cls, arguments: Any) -> list[tuple[str, ResourceType]]:
        found = [(arguments["other"], ResourceType.VECTOR_STORE)] if arguments.get("other") else []
        if arguments.get("model"):
            found.append((arguments["model"], ResourceType.CHAT_MODEL))
        return found


class OwnInit(Connection):
    """Takes arguments that are no fields."""

    def __init__(self, region: str, get_resource: Any = None, *, retries: int = 1) -> None:
        super().__init__(host=region, get_resource=get_resource)


class TakesAny(Connection):
    """Passes on what it does not know."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(get_resource=kwargs.get("get_resource"))


class NoResource:
    """Some other class."""

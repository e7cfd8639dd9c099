"""Resources: what actions use by name, and how they are described."""

from __future__ import annotations

import importlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

if TYPE_CHECKING:
    from flink_agents.api.metric_group import MetricGroup


#: Metrics of the action that runs in this context; set by the runtime. Resources are shared by
#: actions that run at the same time, so it cannot be an attribute of theirs.
action_metrics: ContextVar[MetricGroup | None] = ContextVar("action_metrics", default=None)


class KeptValues(Protocol):
    """Values that resources keep with a key, in the state of the operator."""

    def get(self, name: str) -> Any:
        """The value of that name, or None."""
        ...

    def set(self, name: str, value: Any) -> None:
        """Keep a value; it takes effect when the action returns."""
        ...


#: What resources keep with the key of the action that runs in this context; set by the runtime
#: for asynchronous actions, chat requests among them.
kept_values: ContextVar[KeptValues | None] = ContextVar("kept_values", default=None)


class ResourceType(str, Enum):
    """The kinds of resources."""

    CHAT_MODEL = "chat_model"
    CHAT_MODEL_CONNECTION = "chat_model_connection"
    TOOL = "tool"
    EMBEDDING_MODEL = "embedding_model"
    EMBEDDING_MODEL_CONNECTION = "embedding_model_connection"
    VECTOR_STORE = "vector_store"
    PROMPT = "prompt"
    MCP_SERVER = "mcp_server"


class Resource(BaseModel, ABC):
    """Base of all resources.

    A resource is created once per operator subtask from its descriptor's arguments, which are its
    pydantic fields, and closed with the operator.

    Attributes:
        get_resource: Looks up another resource by name and type; set by the runtime.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    get_resource: Callable[[str, ResourceType], Resource] | None = Field(
        default=None, exclude=True, repr=False
    )
    _metric_group: MetricGroup | None = PrivateAttr(default=None)
    _max_in_flight: int = PrivateAttr(default=1000)
    _client_scope: str = PrivateAttr(default="")

    @classmethod
    @abstractmethod
    def resource_type(cls) -> ResourceType:
        """The kind of this resource."""

    @classmethod
    def references(cls, arguments: Mapping[str, Any]) -> list[tuple[str, ResourceType]]:
        """Names and types of the resources that one with these arguments needs.

        Args:
            arguments: Arguments of the descriptor, by their names in snake case.
        """
        return []

    @classmethod
    def keeps(cls, arguments: Mapping[str, Any]) -> list[str]:
        """Names of what one with these arguments keeps with each key, in ``kept_values``.

        Args:
            arguments: Arguments of the descriptor, by their names in snake case.
        """
        return []

    @property
    def metric_group(self) -> MetricGroup | None:
        """Where the resource reports to: the group it was given, else that of the running action.

        None outside of an action.
        """
        return self._metric_group or action_metrics.get()

    def set_metric_group(self, metric_group: MetricGroup) -> None:
        """Set the metrics that the resource reports to."""
        self._metric_group = metric_group

    @property
    def max_in_flight(self) -> int:
        """Calls that may be open at once in this subtask: the size for connection pools."""
        return self._max_in_flight

    @property
    def client_scope(self) -> str:
        """The subtask, as text: its resources that are set up alike may share clients."""
        return self._client_scope

    def set_max_in_flight(self, max_in_flight: int, client_scope: str = "") -> None:
        """Set by the runtime before the first call."""
        self._max_in_flight = max_in_flight
        self._client_scope = client_scope

    def close(self) -> None:
        """Release what the resource holds. Called once, off the event loop."""

    async def aclose(self) -> None:
        """Release what belongs to the event loop, such as clients. Called on the loop, first."""


class SerializableResource(Resource, ABC):
    """A resource that can be written as JSON and so be declared by an instance."""


_SECRET = re.compile(r"(?:^|_)(?:key|token|secret|password|passwd|credentials?|authorization)$")

#: User and password in a URL.
_USER_INFO = re.compile(r"(?<=://)[^/?#]*(?=@)")


def snake_case(name: str) -> str:
    """``apiKey`` as ``api_key``; a name in snake case stays as it is."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def is_secret_name(name: str) -> bool:
    """Whether an argument of this name is taken for a secret: ``api_key``, ``authToken``, ..."""
    return _SECRET.search(snake_case(name).replace("-", "_")) is not None


def masked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as they may be shown.

    Secrets, all header values, and user and password in a URL are replaced by stars.
    """

    def mask(name: str, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("${env:"):
            return value
        if is_secret_name(name):
            return "***"
        if isinstance(value, Mapping):
            items = cast("Mapping[str, Any]", value)
            headers = snake_case(name).endswith("headers")
            return {k: "***" if headers else mask(str(k), v) for k, v in items.items()}
        if isinstance(value, (list, tuple)):
            return [mask(name, item) for item in cast("Sequence[Any]", value)]
        return _USER_INFO.sub("***", value) if isinstance(value, str) else value

    return {name: mask(name, value) for name, value in arguments.items()}


class ResourceDescriptor:
    """Describes a resource: its class and the arguments to create it with.

    ``ResourceDescriptor(clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION, api_key="${env:MY_KEY}")``

    Args:
        clazz: The resource class, or its dotted path ``"package.module.Class"``.
        target_module: Module of the class, instead of ``clazz``.
        target_clazz: Name of the class in ``target_module``.
        arguments: Arguments of the class, beside ``kwargs``.
        **kwargs: Arguments of the class. A text ``${env:NAME}`` is replaced on the worker by that
            environment variable.

    Raises:
        ValueError: If no class is given, or one that is not ``module.Class``.
    """

    def __init__(
        self,
        *,
        clazz: str | type[Resource] | None = None,
        target_module: str | None = None,
        target_clazz: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._type: type[Resource] | None = None
        if isinstance(clazz, type):
            self._type = clazz
            target_module, target_clazz = clazz.__module__, clazz.__qualname__
        elif clazz is not None:
            target_module, _, target_clazz = clazz.rpartition(".")
        if not target_module or not target_clazz:
            raise ValueError(
                f"ResourceDescriptor needs the class as 'package.module.Class', got {clazz!r}. "
                "Use a name of flink_agents.api.resource.Constant, or the dotted path of yours."
            )
        self.target_module: str = target_module
        self.target_clazz: str = target_clazz
        self.arguments: dict[str, Any] = {**(arguments or {}), **kwargs}

    @property
    def clazz(self) -> str:
        """Dotted path of the resource class."""
        return f"{self.target_module}.{self.target_clazz}"

    def resolve_class(self) -> type[Resource]:
        """The resource class, imported if need be.

        Raises:
            ImportError: If there is no such module, or a package that it needs is missing.
            AttributeError: If the module has no such class.
        """
        if self._type is None:
            self._type = get_resource_class(self.target_module, self.target_clazz)
        return self._type

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ResourceDescriptor):
            return NotImplemented
        return self.clazz == other.clazz and self.arguments == other.arguments

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in masked(self.arguments).items())
        return f"ResourceDescriptor({self.clazz}{', ' if shown else ''}{shown})"


def get_resource_class(module: str, clazz: str) -> type[Resource]:
    """Import a resource class by module and (dotted) class name."""
    found: Any = importlib.import_module(module)
    for part in clazz.split("."):
        found = getattr(found, part)
    return cast("type[Resource]", found)


def argument_names(cls: type[Resource], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under the names that the class takes: ``apiKey`` becomes ``api_key``."""
    fields = cls.model_fields
    return {
        name if name in fields or snake_case(name) not in fields else snake_case(name): value
        for name, value in arguments.items()
    }


from flink_agents.api.resource_names import Constant, ResourceName  # noqa: E402

__all__ = [
    "Constant",
    "KeptValues",
    "Resource",
    "ResourceDescriptor",
    "ResourceName",
    "ResourceType",
    "SerializableResource",
    "action_metrics",
    "argument_names",
    "get_resource_class",
    "is_secret_name",
    "kept_values",
    "masked",
    "snake_case",
]
